// SPDX-License-Identifier: GPL-3.0-or-later
// Rules as text (docs/rules.md).

export interface RuleParts {
  name: string;
  action: string;
  process?: Record<string, string>;
  user?: string;
  direction?: string;
  protocol?: string;
  domain?: string[];
  address?: string[];
  scope?: string[];
  port?: (number | string)[];
  list?: string[];
  names?: string;
  not?: Record<string, string[]>;
  "any-of"?: Record<string, unknown>[];
  for?: string;
}

export function quoted(value: string): string {
  const escaped = value.replace(/["\\\u0000-\u001f\u007f]/g, (c) =>
    c === '"' || c === "\\" ? `\\${c}` : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `"${escaped}"`;
}

// A path in a rule is a pattern: what would be a wildcard is taken by itself.
export const exactPath = (path: string) => path.replace(/[*?[\]\\{}]/g, "\\$&");

function valueOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 && typeof value[0] !== "object" ? valueOf(value[0]) : `[${value.map(valueOf).join(", ")}]`;
  if (typeof value === "number") return String(value);
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value).map(([key, one]) => `${key} = ${valueOf(one)}`).join(", ")} }`;
  return quoted(String(value));
}

export function ruleText(parts: RuleParts): string {
  const lines = Object.entries(parts)
    .filter(([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => [key, valueOf(value)] as const);
  const width = Math.max(...lines.map(([key]) => key.length));
  return `[[rule]]\n${lines.map(([key, value]) => `${key.padEnd(width)} = ${value}`).join("\n")}\n`;
}

// A name that no rule has yet: names are unique among all rules.
export function freeName(wanted: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  if (!names.has(wanted)) return wanted;
  for (let number = 2; ; number++) if (!names.has(`${wanted} (${number})`)) return `${wanted} (${number})`;
}
