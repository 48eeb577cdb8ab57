// SPDX-License-Identifier: GPL-3.0-or-later
// The connections that policy remembers, and each as it changes.
import { signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Connection, ConnectionPage } from "../api/types";
import { ConnectionStore } from "./connection-store";

const PAGE = 500;
const MOST = 5000; // what policy keeps

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

export async function loadConnections(): Promise<void> {
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

export function takeConnection(connection: Connection): void {
  store.put(connection);
  changed();
}
