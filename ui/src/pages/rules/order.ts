// SPDX-License-Identifier: GPL-3.0-or-later
// Who can be moved where: the rules that portreeve keeps, among themselves.
import type { RuleView } from "../../api/types";

export const isOwn = (rule: RuleView) => rule.layer === "suite";

// The rule that `name` has to stand before to be one place further up (-1) or down (+1); "": behind
// all; undefined: it is there already.
export function neighbour(rules: RuleView[], name: string, step: -1 | 1): string | undefined {
  const own = rules.filter(isOwn);
  const at = own.findIndex((rule) => rule.name === name);
  const to = at + step;
  if (at < 0 || to < 0 || to >= own.length) return undefined;
  return step < 0 ? own[to]!.name : (own[to + 1]?.name ?? "");
}

// As it was: what `name` stood before.
export function placeBefore(rules: RuleView[], name: string): string {
  const own = rules.filter(isOwn);
  return own[own.findIndex((rule) => rule.name === name) + 1]?.name ?? "";
}

export function found(rules: RuleView[], words: string): RuleView[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rules.filter((rule) => wanted.every((word) => `${rule.name} ${rule.action} ${rule.origin} ${rule.text}`.toLowerCase().includes(word)));
}
