// SPDX-License-Identifier: GPL-3.0-or-later
// The live stream: one for all pages. It goes on where it broke off, and says whether somebody is here
// to answer questions: while this page is seen, or tells of them by notifications.
import { computed, effect, signal } from "@preact/signals";
import { LoggedOut, request } from "../api/client";
import { eventsOf, type ServerEvent } from "../api/event-stream";
import type { Connection, Prompt } from "../api/types";
import { loadConnections, takeConnection } from "./connections";
import { endSession } from "./notices";
import { notifying } from "./notifications";
import { closePrompt, loadPrompts, takePrompt, type PromptClosed } from "./prompts";
import { mayAnswer, pause, session } from "./session";
import { visible } from "./visibility";

const RETRY_MS = [500, 1000, 2000, 5000];
const STEADY_MS = 30_000;

type LiveState = "connecting" | "live" | "broken";
export const liveState = signal<LiveState>("connecting");

const present = computed(() => mayAnswer.value && (visible.value || notifying.value));

let newest: string | undefined; // the id of the newest event

const HANDLERS: Record<string, (data: string) => Promise<void> | void> = {
  connection: (data) => takeConnection(JSON.parse(data) as Connection),
  missed: loadConnections,
  prompt: (data) => takePrompt(JSON.parse(data) as Prompt),
  prompt_closed: (data) => closePrompt(JSON.parse(data) as PromptClosed),
  prompts_missed: loadPrompts,
};

async function take(event: ServerEvent): Promise<void> {
  await HANDLERS[event.type]?.(event.data);
  newest = event.id ?? newest;
}

async function followOnce(stop: AbortSignal): Promise<void> {
  // The stream first, so that nothing falls between it and the look at what there is.
  const response = await request("events", { query: { after: newest, present: present.peek() || undefined }, signal: stop });
  if (newest === undefined) await loadConnections();
  if (mayAnswer.peek()) await loadPrompts();
  liveState.value = "live";
  for await (const events of eventsOf(response)) for (const event of events) await take(event);
}

// Follows until the stream ends, or until it has to say something else of who is here, or the session ends: true.
async function followWhileSo(): Promise<boolean> {
  const abort = new AbortController();
  const as = present.peek();
  const unwatch = effect(() => void ((present.value !== as || session.value.state !== "in") && abort.abort()));
  try {
    await followOnce(abort.signal);
  } catch (error) {
    if (error instanceof LoggedOut) throw error;
  } finally {
    unwatch();
  }
  return abort.signal.aborted;
}

export async function keepFollowing(): Promise<void> {
  newest = undefined; // that was the session before
  for (let failures = 0; session.peek().state === "in"; ) {
    const started = Date.now();
    try {
      if (await followWhileSo()) continue;
    } catch (error) {
      return endSession((error as LoggedOut).message);
    }
    liveState.value = "broken";
    if (Date.now() - started > STEADY_MS) failures = 0;
    await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]!);
  }
}
