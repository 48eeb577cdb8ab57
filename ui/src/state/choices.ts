// SPDX-License-Identifier: GPL-3.0-or-later
// How one likes these pages, in this browser alone.
import { keptYesNo } from "./kept";

export const answerKeys = keptYesNo("answer-keys", "yes"); // single keys answer questions
