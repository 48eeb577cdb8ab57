// SPDX-License-Identifier: GPL-3.0-or-later
// What one chose for this browser alone.
import { effect, signal, type Signal } from "@preact/signals";

// A choice that is there again after a reload; `known` are those that there are.
export function kept<T extends string>(name: string, initial: T, known: readonly T[]): Signal<T> {
  const key = `portreeve-${name}`;
  const found = localStorage.getItem(key) as T | null;
  const choice = signal<T>(found && known.includes(found) ? found : initial);
  effect(() => localStorage.setItem(key, choice.value));
  return choice;
}

const YES_NO = ["yes", "no"] as const;
export type YesNo = (typeof YES_NO)[number];
export const keptYesNo = (name: string, initial: YesNo) => kept<YesNo>(name, initial, YES_NO);
