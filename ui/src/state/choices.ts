// SPDX-License-Identifier: GPL-3.0-or-later
// How one likes these pages, in this browser alone.
import { kept, keptYesNo } from "./kept";

export const answerKeys = keptYesNo("answer-keys", "yes"); // single keys answer questions

export const TIMES = ["relative", "absolute"] as const;
export const times = kept("times", "relative", TIMES);
