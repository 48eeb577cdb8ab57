// SPDX-License-Identifier: GPL-3.0-or-later
// The connections that policy remembers, and each as it changes: one stream for all pages.
import { signal } from "@preact/signals";
import { ask, LoggedOut, request } from "../api/client";
import { eventsOf } from "../api/event-stream";
import type { Connection, ConnectionPage } from "../api/types";
import { ConnectionStore } from "./connection-store";
import { endSession } from "./notices";
import { pause, session } from "./session";

const PAGE = 500;
const MOST = 5000; // what policy keeps
const RETRY_MS = [500, 1000, 2000, 5000];
const STEADY_MS = 30_000;

export type LiveState = "connecting" | "live" | "broken";
export const liveState = signal<LiveState>("connecting");
export const store = new ConnectionStore();
export const storeVersion = signal(0); // counts up whenever the store has changed
export const loaded = signal(false);

let drawing = false;
function changed() {
  if (drawing) return;
  drawing = true;
  setTimeout(() => {
    drawing = false;
    storeVersion.value++;
  }, 150); // many at once are drawn once
}

async function loadAll(): Promise<void> {
  const rows: Connection[] = [];
  for (let offset = 0; offset < MOST; offset += PAGE) {
    const page = await ask<ConnectionPage>("connections", { query: { sort: "-time", limit: PAGE, offset } });
    rows.push(...(page.connections ?? []));
    if (!page.next) break;
  }
  store.replace(rows.reverse());
  loaded.value = true;
  changed();
}

async function followOnce(): Promise<void> {
  // The stream first, so that nothing falls between it and the look at what there is.
  const response = await request("events");
  await loadAll();
  liveState.value = "live";
  for await (const events of eventsOf(response)) {
    for (const event of events) {
      if (event.type === "connection") store.put(JSON.parse(event.data) as Connection);
      if (event.type === "missed") await loadAll();
    }
    changed();
  }
}

export async function keepFollowing(): Promise<void> {
  for (let failures = 0; session.peek().state === "in"; failures++) {
    const started = Date.now();
    try {
      await followOnce();
    } catch (error) {
      if (error instanceof LoggedOut) return endSession(error.message);
    }
    liveState.value = "broken";
    if (Date.now() - started > STEADY_MS) failures = 0;
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!);
  }
}
