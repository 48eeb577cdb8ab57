// SPDX-License-Identifier: GPL-3.0-or-later
// Looks again and again while the page is seen, and at once when it is seen anew.
import { effect, signal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { LoggedOut } from "../api/client";
import { endSession, wordsOf } from "./notices";
import { session } from "./session";
import { visible } from "./visibility";

export interface Polled<T> {
  value: Signal<T | undefined>;
  error: Signal<string>;      // why the latest look failed; empty: it did not
  look(): Promise<void>;      // now
}

export function polled<T>(fetchIt: () => Promise<T>): Polled<T> {
  const value = signal<T | undefined>(undefined);
  const error = signal("");
  async function look() {
    if (session.peek().state !== "in") return;
    try {
      value.value = await fetchIt();
      error.value = "";
    } catch (failure) {
      if (failure instanceof LoggedOut) endSession(failure.message);
      else error.value = wordsOf(failure);
    }
  }
  return { value, error, look };
}

export function keepLooking(what: { look(): Promise<void> }, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  async function round() {
    clearTimeout(timer);
    if (visible.peek()) await what.look();
    if (!over) timer = setTimeout(round, everyMs);
  }
  const stop = effect(() => void (session.value.state === "in" && visible.value && round()));
  return () => {
    over = true;
    clearTimeout(timer);
    stop();
  };
}

// For a page: what it shows, kept fresh while it is there. `keys`: start anew when they change.
export function usePolled<T>(fetchIt: () => Promise<T>, everyMs: number, keys: unknown[] = []): Polled<T> {
  const what = useMemo(() => polled(fetchIt), keys);
  useEffect(() => keepLooking(what, everyMs), [what]);
  return what;
}

export interface Asked<T> {
  key: string;
  value?: T;
  error?: string;
}

// For a page: what is asked once about the one thing that it shows. undefined: there is no answer yet to
// what `key` names now. `keys`: ask anew when they change, and show the answer before meanwhile.
export function useAsked<T>(key: string, askIt: (signal: AbortSignal) => Promise<T>, keys: unknown[] = []): Asked<T> | undefined {
  const [answer, setAnswer] = useState<Asked<T>>();
  useEffect(() => {
    const abort = new AbortController();
    askIt(abort.signal)
      .then((value) => setAnswer({ key, value }))
      .catch((error) => {
        if (error instanceof LoggedOut) endSession(error.message);
        else if (!abort.signal.aborted) setAnswer({ key, error: wordsOf(error) });
      });
    return () => abort.abort();
  }, [key, ...keys]);
  return answer?.key === key ? answer : undefined;
}
