// SPDX-License-Identifier: GPL-3.0-or-later
// What could stand where one types: names of fields, then values that were really seen.
import type { Connection } from "../api/types";
import { fieldsOf, KEYS, termText, type Key } from "./filter";

export interface Completion {
  text: string;      // the whole filter with it taken
  shown: string;     // what is offered
  caret: number;     // where to type on
  seen?: number;     // in how many connections
}

const FIXED: Partial<Record<Key, string[]>> = {
  verdict: ["allow", "block", "drop", "gate17", "nameserver"],
  direction: ["out", "in"],
  state: ["open", "refused", "ended"],
};

function wordAt(text: string, caret: number) {
  const before = text.slice(0, caret);
  let quoted = false;
  let start = 0;
  for (let at = 0; at < before.length; at++) {
    if (before[at] === '"') quoted = !quoted;
    else if (/\s/.test(before[at]!) && !quoted) start = at + 1;
  }
  const end = caret + (/^\S*/.exec(text.slice(caret))?.[0].length ?? 0);
  return { start, end, word: text.slice(start, caret) };
}

function seenValues(key: Key, connections: Iterable<Connection>): Map<string, number> {
  const seen = new Map<string, number>((FIXED[key] ?? []).map((value) => [value, 0]));
  for (const connection of connections) {
    const fields = fieldsOf(key, connection);
    const value = key === "program" ? fields[1] : fields[0];
    if (value) seen.set(value, (seen.get(value) ?? 0) + 1);
  }
  return seen;
}

function valueCompletions(key: Key, minus: string, typed: string, connections: Iterable<Connection>): { shown: string; seen: number }[] {
  const wanted = typed.replaceAll('"', "").toLowerCase();
  return [...seenValues(key, connections)]
    .filter(([value]) => value.toLowerCase().includes(wanted))
    .sort((a, b) => Number(b[0].startsWith(wanted)) - Number(a[0].startsWith(wanted)) || b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([value, seen]) => ({ shown: termText(key, value, minus === "-"), seen }));
}

export function complete(text: string, caret: number, connections: Iterable<Connection>, most = 8): Completion[] {
  const { start, end, word } = wordAt(text, caret);
  const keyed = /^(-?)([a-z_]+):(.*)$/is.exec(word);
  const key = keyed?.[2]?.toLowerCase() as Key | undefined;
  const minus = keyed ? keyed[1]! : word.startsWith("-") ? "-" : "";
  const offered: { shown: string; seen?: number }[] =
    key && KEYS.includes(key)
      ? valueCompletions(key, minus, keyed![3]!, connections)
      : KEYS.filter((name) => name.startsWith(word.replace(/^-/, "").toLowerCase())).map((name) => ({ shown: `${minus}${name}:` }));
  return offered.slice(0, most).map(({ shown, seen }) => {
    const closing = shown.endsWith(":") ? "" : " ";
    const after = text.slice(end).replace(/^\s+/, "");
    return {
      text: text.slice(0, start) + shown + closing + after,
      shown,
      caret: start + shown.length + closing.length,
      ...(seen ? { seen } : {}),
    };
  });
}
