// SPDX-License-Identifier: GPL-3.0-or-later
// The lists of names that rules can speak of.
import { ask } from "../api/client";
import type { DnsLists } from "../api/types";

export const listNames = () => ask<DnsLists>("lists").then(({ lists }) => (lists ?? []).map(({ name }) => name ?? ""));
