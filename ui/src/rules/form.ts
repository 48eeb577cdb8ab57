// SPDX-License-Identifier: GPL-3.0-or-later
// A rule as fields of a form. What a form cannot say stays text: then there is no form for it.
import { ruleText, type RuleParts } from "./toml";

export interface FormFields {
  name: string;
  action: string;
  program: string;
  user: string;
  direction: string;
  protocol: string;
  domain: string;
  address: string;
  port: string;
  scope: string;
  for: string;
}

export const EMPTY: FormFields = { name: "", action: "block", program: "", user: "", direction: "", protocol: "", domain: "", address: "", port: "", scope: "", for: "" };

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const PORT = /^\d{1,5}(-\d{1,5})?$/;

export const badPort = (text: string) => words(text).find((word) => !PORT.test(word));

export function partsOf(fields: FormFields): RuleParts {
  const parts: RuleParts = { name: fields.name.trim(), action: fields.action };
  if (fields.program.trim()) parts.process = { path: fields.program.trim() };
  for (const key of ["user", "direction", "protocol", "for"] as const) if (fields[key].trim()) parts[key] = fields[key].trim();
  if (fields.domain) parts.domain = words(fields.domain);
  if (fields.address) parts.address = words(fields.address);
  if (fields.scope) parts.scope = [fields.scope];
  if (fields.port) parts.port = words(fields.port).map((word) => (word.includes("-") ? word : Number(word)));
  return parts;
}

export const textOfForm = (fields: FormFields) => ruleText(partsOf(fields));

const STRING = /^"((?:[^"\\]|\\.)*)"/;

function readString(text: string): [string, string] | undefined {
  const found = STRING.exec(text);
  if (!found) return undefined;
  try {
    return [JSON.parse(`"${found[1]}"`) as string, text.slice(found[0].length)];
  } catch {
    return undefined;
  }
}

// "text", 443, or a list of them, as words; undefined: something else.
function readWords(text: string): string[] | undefined {
  const list = /^\[(.*)\]$/s.exec(text);
  let rest = (list ? list[1]! : text).trim();
  const found: string[] = [];
  while (rest) {
    const quoted = readString(rest);
    const plain = quoted ? undefined : /^\d+/.exec(rest)?.[0];
    if (!quoted && !plain) return undefined;
    found.push(quoted ? quoted[0] : plain!);
    rest = (quoted ? quoted[1] : rest.slice(plain!.length)).replace(/^\s*,?\s*/, "");
    if (!list && rest) return undefined;
  }
  return found;
}

const ONE = ["name", "action", "user", "direction", "protocol", "scope", "for"] as const;
const MANY = ["domain", "address", "port"] as const;

// The fields that say just what the text says, or undefined where a form cannot.
export function formOf(toml: string): FormFields | undefined {
  const fields = { ...EMPTY };
  for (const line of toml.split("\n").map((one) => one.trim())) {
    if (!line || line === "[[rule]]") continue;
    const pair = /^([a-z_-]+)\s*=\s*(.+)$/.exec(line);
    if (!pair) return undefined;
    const [, key, value] = pair as unknown as [string, string, string];
    const path = key === "process" ? /^\{\s*path\s*=\s*(.+?)\s*\}$/.exec(value)?.[1] : undefined;
    const read = readWords(path ?? value);
    if (!read || (key === "process" && !path)) return undefined;
    if (key === "process" && read.length === 1) fields.program = read[0]!;
    else if ((MANY as readonly string[]).includes(key)) fields[key as (typeof MANY)[number]] = read.join(", ");
    else if ((ONE as readonly string[]).includes(key) && read.length === 1) fields[key as (typeof ONE)[number]] = read[0]!;
    else return undefined;
  }
  return fields;
}

// Where in the text an error is: policy says "rule:3:10: reason", lines from 1.
export interface Mistake {
  line: number;
  column: number;
  words: string;
}

export function mistakesIn(words: string): { at: Mistake[]; rest: string } {
  const at: Mistake[] = [];
  const rest: string[] = [];
  for (const line of words.split("\n")) {
    const found = /^(?:the new rule|rule):(\d+):(?:(\d+):)?\s*(.*)$/.exec(line);
    if (found) at.push({ line: Number(found[1]), column: Number(found[2] ?? 1), words: found[3]! });
    else if (line.trim()) rest.push(line);
  }
  return { at, rest: rest.join("\n") };
}
