// SPDX-License-Identifier: GPL-3.0-or-later
// The tab's title: the page, and how many questions wait.
import { effect, signal } from "@preact/signals";
import { text } from "../text/en";
import { openCount } from "./prompts";

export const pageTitle = signal("");

export function keepTitle(): void {
  effect(() => {
    const count = openCount.value;
    document.title = `${count > 0 ? `(${count}) ` : ""}${pageTitle.value ? `${pageTitle.value} – ` : ""}${text.title}`;
  });
}
