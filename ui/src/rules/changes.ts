// SPDX-License-Identifier: GPL-3.0-or-later
// Changing rules: each change names the rules that it was made from, and can be taken back.
import { ask, Problem, request } from "../api/client";
import type { ChangeLog, ChangeUndone, ReplayOutcome, RuleChanged, Rules, RuleView } from "../api/types";

export interface Seen {
  rules: RuleView[];
  etag: string;
}

export async function lookAtRules(): Promise<Seen> {
  const response = await request("rules");
  const { rules } = (await response.json()) as Rules;
  return { rules: rules ?? [], etag: response.headers.get("ETag") ?? "" };
}

const STALE = 412;

// An addition harms no other change: where the rules have moved on meanwhile it is tried once more.
async function withFreshEtag<T>(change: (seen: Seen) => Promise<T>): Promise<T> {
  try {
    return await change(await lookAtRules());
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== STALE) throw error;
    return await change(await lookAtRules());
  }
}

// `toml` may be made from the rules that there are: a name that none has, say.
export const addRule = (toml: string | ((rules: RuleView[]) => string), confirmSeconds = 0) =>
  withFreshEtag(({ rules, etag }) =>
    ask<RuleChanged>("rules", {
      method: "POST", headers: { "If-Match": etag },
      body: { toml: typeof toml === "string" ? toml : toml(rules), confirm_seconds: confirmSeconds },
    }));

export const removeRule = (name: string) =>
  withFreshEtag(({ etag }) => ask<RuleChanged>("rules", { method: "DELETE", headers: { "If-Match": etag }, query: { name } }));

export const tryRule = (toml: string) => ask<ReplayOutcome>("rules/try", { method: "POST", body: { toml } });

// In its place among the rules that portreeve keeps, as `toml` has it from now on.
export const replaceRule = (name: string, toml: string, confirmSeconds = 0) =>
  withFreshEtag(({ etag }) =>
    ask<RuleChanged>("rules/replace", { method: "POST", headers: { "If-Match": etag }, body: { name, toml, confirm_seconds: confirmSeconds } }));

// Asked right before another of the rules that portreeve keeps; "": after all of them.
export const moveRule = (name: string, before: string) =>
  withFreshEtag(({ etag }) => ask<RuleChanged>("rules/move", { method: "POST", headers: { "If-Match": etag }, body: { name, before } }));

// Takes an entry of the change log back.
export const undoChange = (number: number) => ask<ChangeUndone>("changes/undo", { method: "POST", body: { number } });

const newestChange = () => ask<ChangeLog>("changes", { query: { limit: 1 } }).then(({ changes }) => changes?.at(-1)?.number ?? 0);

// Makes a change, and gives what takes it back: nothing where nothing changed, or where others changed
// something in that moment, for the log does not tell whose entry is whose.
export async function undoable<T>(make: () => Promise<T>): Promise<{ made: T; undo: (() => Promise<void>) | undefined }> {
  const before = await newestChange();
  const made = await make();
  const number = await newestChange();
  return { made, undo: number === before + 1 ? async () => void (await undoChange(number)) : undefined };
}
