// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of a connection everywhere.
import type { Connection } from "../api/types";
import { text } from "../text/en";
import { lastPart } from "./format";

// The port that says what it is for: here of what came in, there of what went out.
export const portOf = (c: Connection) => (c.direction === "in" ? c.local?.port : c.remote?.port);

export const isRefusal = (action: string | undefined) => action === "block" || action === "drop";

export const nameOfProgram = (path: string | undefined) => lastPart(path) || text.connections.unknownProgram;
export const programOf = (c: Connection) => nameOfProgram(c.process?.path);

export const arrowOf = (direction: string | undefined) => (direction === "in" ? "←" : "→");
