// SPDX-License-Identifier: GPL-3.0-or-later
// The questions to whoever is logged in: what is open, and what became of those that were while this
// page was there. Those stay at their place, so that nothing moves while one reads.
import { computed, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Prompt, PromptAnswered, PromptReply, Prompts } from "../api/types";

export interface PromptClosed {
  id: number;
  how?: string; // answered, ruled, dismissed, forgotten
  action?: string;
  lifetime?: string;
  scope?: string;
  rule?: string;
  who?: string;
}

export interface Question {
  id: number;
  prompt: Prompt;
  until: number;         // ms since the epoch: then the default holds for what waits; 0: nothing waits
  closed?: PromptClosed;
}

const MOST_CLOSED = 50;
export const questions = signal<readonly Question[]>([]); // the oldest first
export const open = computed(() => questions.value.filter(({ closed, prompt }) => !closed && prompt.may_answer));
export const openCount = computed(() => open.value.length);

export function questionOf(prompt: Prompt, nowMs = Date.now()): Question {
  const left = prompt.seconds_left ?? 0;
  return { id: prompt.id ?? 0, prompt, until: prompt.waiting && left > 0 ? nowMs + left * 1000 : 0 };
}

// `one` at its place, or as the newest; one that was closed and is asked anew is open again.
export function withQuestion(all: readonly Question[], one: Question): Question[] {
  const at = all.findIndex(({ id }) => id === one.id);
  return at < 0 ? [...all, one] : all.map((held, place) => (place === at ? one : held));
}

function withoutOldest(all: Question[]): Question[] {
  let tooMany = all.filter(({ closed }) => closed).length - MOST_CLOSED;
  return all.filter(({ closed }) => !closed || tooMany-- <= 0);
}

export const withClosed = (all: readonly Question[], closed: PromptClosed): Question[] =>
  withoutOldest(all.map((held) => (held.id === closed.id ? { ...held, until: 0, closed: { ...held.closed, ...closed } } : held)));

// What is open as policy has it: of what is not in there any more nobody said how it was closed.
export function withThese(all: readonly Question[], now: Question[]): Question[] {
  const held = new Set(now.map(({ id }) => id));
  const kept = all.map((one) => (one.closed || held.has(one.id) ? one : { ...one, until: 0, closed: { id: one.id } }));
  return withoutOldest(now.reduce<Question[]>(withQuestion, kept));
}

export const takePrompt = (prompt: Prompt) => void (questions.value = withQuestion(questions.value, questionOf(prompt)));
export const closePrompt = (closed: PromptClosed) => void (questions.value = withClosed(questions.value, closed));

export async function loadPrompts(): Promise<void> {
  const { prompts } = await ask<Prompts>("prompts");
  questions.value = withThese(questions.value, (prompts ?? []).map((prompt) => questionOf(prompt)));
}

export const forgetClosed = () => void (questions.value = questions.value.filter(({ closed }) => !closed));
export const forgetAll = () => void (questions.value = []);

export const answer = (reply: Required<PromptReply>) => ask<PromptAnswered>("prompts/answer", { method: "POST", body: reply });
export const dismissPrompt = (id: number) => ask<unknown>("prompts/dismiss", { method: "POST", body: { id } });
