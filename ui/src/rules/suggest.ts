// SPDX-License-Identifier: GPL-3.0-or-later
// Rules that one could make from a connection, the narrowest first.
import type { Connection } from "../api/types";
import { isRefusal, portOf } from "../format/connection";
import { lastPart } from "../format/format";
import { text } from "../text/en";
import { exactPath, type RuleParts } from "./toml";

export type Action = "allow" | "block";

export interface Suggestion {
  words: string;
  parts: RuleParts;
}

// "www.example.org" → ".example.org"; a name of two parts stays whole.
function above(domain: string): string | undefined {
  const labels = domain.split(".");
  return labels.length > 2 ? `.${labels.slice(1).join(".")}` : undefined;
}

const verb = (action: Action) => text.suggest.verb[action] ?? action;

function ofProgram(c: Connection, action: Action): Suggestion[] {
  const path = c.process?.path;
  if (!path) return [];
  const name = lastPart(path);
  const process = { path: exactPath(path) };
  const make = (what: string, more: Partial<RuleParts>): Suggestion => ({
    words: text.suggest.program(verb(action), name, what),
    parts: { name: text.suggest.program(verb(action), name, what), action, process, ...more },
  });
  const port = portOf(c);
  if (c.direction === "in") {
    return [...(port ? [make(text.suggest.takingPort(port), { direction: "in", port: [port] })] : []),
      make(text.suggest.taking, { direction: "in" })];
  }
  const made: Suggestion[] = [];
  if (c.domain) {
    if (port) made.push(make(`${c.domain}:${port}`, { direction: "out", domain: [c.domain], port: [port] }));
    made.push(make(c.domain, { direction: "out", domain: [c.domain] }));
    const parent = above(c.domain);
    if (parent) made.push(make(text.suggest.below(parent.slice(1)), { direction: "out", domain: [parent] }));
  } else if (c.remote?.address) {
    const target = port ? `${c.remote.address} ${port}` : c.remote.address;
    made.push(make(target, { direction: "out", address: [c.remote.address], ...(port ? { port: [port] } : {}) }));
  }
  made.push(make(text.suggest.anywhere, { direction: "out" }));
  return made;
}

function ofAnybody(c: Connection, action: Action): Suggestion[] {
  if (c.direction === "in" || !c.domain) return [];
  const words = text.suggest.program(verb(action), text.suggest.anybody, c.domain);
  return [{ words, parts: { name: words, action, direction: "out", domain: [c.domain], names: "any" } }];
}

export const suggestions = (connection: Connection, action: Action): Suggestion[] => [
  ...ofProgram(connection, action),
  ...ofAnybody(connection, action),
];

// What one would most likely want of this connection: the opposite of what became of it.
export const opposite = (connection: Connection): Action =>
  isRefusal(connection.verdict?.action) ? "allow" : "block";
