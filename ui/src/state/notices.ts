// SPDX-License-Identifier: GPL-3.0-or-later
// What an action did, said where one looks, with a way to take it back.
import { signal } from "@preact/signals";
import { Away, LoggedOut, Problem } from "../api/client";
import { text } from "../text/en";

export interface Notice {
  id: number;
  kind: "done" | "failed";
  words: string;
  undo?: () => Promise<void>;
}

const STAYS_MS = 12_000;
let last = 0;
export const notices = signal<Notice[]>([]);

export const dismiss = (id: number) => (notices.value = notices.value.filter((notice) => notice.id !== id));

export function say(words: string, undo?: () => Promise<void>): void {
  const id = ++last;
  notices.value = [...notices.value.slice(-3), { id, kind: "done", words, ...(undo ? { undo } : {}) }];
  setTimeout(() => dismiss(id), STAYS_MS);
}

// An error stays until it is put away.
export function sayFailed(words: string): void {
  notices.value = [...notices.value.slice(-3), { id: ++last, kind: "failed", words }];
}

export function wordsOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  if (error instanceof Away) return text.away.action;
  return error instanceof Error ? error.message : String(error);
}

// Runs what a person asked for; what goes wrong is said. False: it went wrong.
export async function attempt(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof LoggedOut)) sayFailed(wordsOf(error));
    else loggedOut(error.message);
    return false;
  }
}

let loggedOut: (reason: string) => void = () => {};
export const onLoggedOut = (handler: (reason: string) => void) => (loggedOut = handler);
export const endSession = (reason: string) => loggedOut(reason);
