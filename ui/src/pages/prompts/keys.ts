// SPDX-License-Identifier: GPL-3.0-or-later
// Which key does what while a question is shown.
import type { Prompt } from "../../api/types";

export interface Choice {
  lifetime: string;
  scope: string;
}

export type Deed =
  | { kind: "answer"; action: "allow" | "block" | "drop" }
  | { kind: "dismiss" }
  | { kind: "choose"; choice: Choice }
  | { kind: "move"; by: 1 | -1 };

const ANSWERS = { a: "allow", b: "block", d: "drop" } as const;

// What one most likely means: this name, or else this host, this once.
export function firstChoice(prompt: Prompt): Choice {
  const scopes = prompt.scopes ?? [];
  const wanted = prompt.everything ? ["program"] : ["domain", "host"];
  return { lifetime: prompt.lifetimes?.[0] ?? "once", scope: wanted.find((scope) => scopes.includes(scope)) ?? scopes[0] ?? "program" };
}

export function deedOf(key: string, prompt: Prompt, choice: Choice): Deed | undefined {
  const lower = key.toLowerCase();
  const action = ANSWERS[lower as keyof typeof ANSWERS];
  if (action) return prompt.actions?.includes(action) ? { kind: "answer", action } : undefined;
  if (lower === "n") return { kind: "dismiss" };
  if (lower === "j" || lower === "k") return { kind: "move", by: lower === "j" ? 1 : -1 };
  if (lower === "s") {
    const scopes = prompt.scopes ?? [];
    const next = scopes[(scopes.indexOf(choice.scope) + 1) % scopes.length];
    return next ? { kind: "choose", choice: { ...choice, scope: next } } : undefined;
  }
  const lifetime = /^[1-9]$/.test(key) ? prompt.lifetimes?.[Number(key) - 1] : undefined;
  return lifetime ? { kind: "choose", choice: { ...choice, lifetime } } : undefined;
}

// Not while one writes, chooses from a list, or means the browser.
export function isForUs(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return false;
  return !(event.target as HTMLElement | null)?.closest?.("input:not([type=radio]), textarea, select, [contenteditable]");
}
