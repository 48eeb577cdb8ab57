// SPDX-License-Identifier: GPL-3.0-or-later
// Whether this page is seen: its tab is in front.
import { signal } from "@preact/signals";

export const visible = signal(!document.hidden);
document.addEventListener("visibilitychange", () => (visible.value = !document.hidden));
