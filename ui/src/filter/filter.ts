// SPDX-License-Identifier: GPL-3.0-or-later
// The filter language of the connections: words beside each other must all hold. `key:value` looks at
// one field, `-key:value` wants the opposite, anything else is text that stands somewhere. A value may
// be in quotes; `*` stands for anything. Several values of one key, by commas: any of them.
import type { Connection } from "../api/types";
import { portOf } from "../format/connection";
import { lastPart } from "../format/format";

interface Term {
  key: Key | "text";
  values: string[];
  negated: boolean;
}

export interface Mistake {
  word: string;
  known: readonly string[];
}

export interface Filter {
  terms: Term[];
  mistakes: Mistake[];
}

const FIELDS = {
  program: (c: Connection) => [c.process?.path, lastPart(c.process?.path), c.process?.name],
  verdict: (c: Connection) => [c.verdict?.action],
  domain: (c: Connection) => [c.domain ?? ""],
  remote: (c: Connection) => [c.remote?.address],
  local: (c: Connection) => [c.local?.address],
  port: (c: Connection) => [String(portOf(c) ?? "")],
  protocol: (c: Connection) => [c.protocol],
  direction: (c: Connection) => [c.direction],
  user: (c: Connection) => [c.process?.user, String(c.process?.uid ?? "")],
  unit: (c: Connection) => [c.process?.unit ?? ""],
  rule: (c: Connection) => [c.verdict?.rule ?? ""],
  way: (c: Connection) => [c.verdict?.way ?? ""],
  parent: (c: Connection) => (c.process?.parents ?? []).flatMap((p) => [p.path, lastPart(p.path)]),
  pid: (c: Connection) => [String(c.process?.pid ?? "")],
  kind: (c: Connection) => [c.process?.kind],
  state: (c: Connection) => [c.state],
} satisfies Record<string, (connection: Connection) => (string | undefined)[]>;

export type Key = keyof typeof FIELDS;
export const KEYS = Object.keys(FIELDS) as Key[];
export const fieldsOf = (key: Key, connection: Connection) => FIELDS[key](connection).filter((v): v is string => v !== undefined);

const WORD = /(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+/g;

const unquoted = (text: string) =>
  text.replace(/"((?:[^"\\]|\\.)*)"?/g, (_, inner: string) => inner.replace(/\\(.)/g, "$1"));

function splitValues(text: string): string[] {
  const parts = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
  return parts.map(unquoted).filter((part) => part !== "");
}

export function parseFilter(text: string): Filter {
  const filter: Filter = { terms: [], mistakes: [] };
  for (const word of text.match(WORD) ?? []) {
    const keyed = /^(-?)([a-z_]+):(.*)$/is.exec(word);
    if (!keyed) {
      const negated = word.length > 1 && word.startsWith("-");
      const value = unquoted(negated ? word.slice(1) : word);
      if (value) filter.terms.push({ key: "text", values: [value.toLowerCase()], negated });
      continue;
    }
    const [, minus, key, rest] = keyed as unknown as [string, string, string, string];
    if (!KEYS.includes(key.toLowerCase() as Key)) {
      filter.mistakes.push({ word: key, known: KEYS });
      continue;
    }
    const values = splitValues(rest).map((value) => value.toLowerCase());
    if (values.length > 0) filter.terms.push({ key: key.toLowerCase() as Key, values, negated: minus === "-" });
  }
  return filter;
}

function patternOf(value: string): (field: string) => boolean {
  if (value === "none") return (field) => field === "" || field === "none";
  if (!value.includes("*")) return (field) => field === value;
  const escaped = value.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${escaped.join(".*")}$`);
  return (field) => expression.test(field);
}

function domainPattern(value: string): (field: string) => boolean {
  // As in rules: ".example.org" is the name and all below it.
  if (!value.startsWith(".")) return patternOf(value);
  return (field) => field === value.slice(1) || field.endsWith(value);
}

const TEXT_KEYS: Key[] = ["program", "domain", "remote", "user", "unit", "rule", "port", "protocol"];

function textOf(connection: Connection): string {
  const fields = TEXT_KEYS.flatMap((key) => fieldsOf(key, connection));
  return [...fields, connection.process?.cmdline ?? ""].join("\n").toLowerCase();
}

export type Matcher = (connection: Connection) => boolean;

function matcherOfTerm(term: Term): Matcher {
  const { key, values } = term;
  if (key === "text") return (connection) => textOf(connection).includes(values[0] ?? "");
  const patterns = values.map(key === "domain" ? domainPattern : patternOf);
  return (connection) => fieldsOf(key, connection).some((field) => patterns.some((holds) => holds(field.toLowerCase())));
}

export function matcherOf(filter: Filter): Matcher {
  const matchers = filter.terms.map((term) => ({ holds: matcherOfTerm(term), wanted: !term.negated }));
  return (connection) => matchers.every(({ holds, wanted }) => holds(connection) === wanted);
}

// A term as one types it.
export function termText(key: Key, value: string, negated = false): string {
  const quoted = /[\s,"]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value;
  return `${negated ? "-" : ""}${key}:${quoted || "none"}`;
}

const ASKED: Partial<Record<Key, string>> = {
  program: "program", verdict: "action", domain: "domain", remote: "remote", port: "port",
  protocol: "protocol", direction: "direction", user: "user", unit: "unit", rule: "rule",
};

// What of a filter the historian can look for itself, so that fewer rows travel: plain values of one
// key each. The rest is looked at here.
export function historyQuery(filter: Filter): Record<string, string> {
  const query: Record<string, string> = {};
  for (const { key, values, negated } of filter.terms) {
    const name = key === "text" ? undefined : ASKED[key];
    const value = values[0] ?? "";
    if (!name || negated || values.length > 1 || value === "none") continue;
    const plain = !value.includes("*") || (key === "domain" && /^\*\.[^*]+$/.test(value));
    if (plain && !(key === "port" && !/^\d+$/.test(value))) query[name] = value;
  }
  return query;
}
