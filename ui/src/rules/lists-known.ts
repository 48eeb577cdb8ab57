// SPDX-License-Identifier: GPL-3.0-or-later
// The lists of names that rules can speak of.
import { ask } from "../api/client";
import type { DnsList } from "../api/types";

export const lists = () => ask<{ lists?: DnsList[] }>("lists").then((answer) => answer.lists ?? []);
export const listNames = () => lists().then((all) => all.map(({ name }) => name ?? ""));
