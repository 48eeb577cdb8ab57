// SPDX-License-Identifier: GPL-3.0-or-later
// The newest connections that went out, and where their other ends are.
import { ask } from "../../api/client";
import type { Connection, ConnectionPage, Network, Networks } from "../../api/types";
import { lastPart } from "../../format/format";

const PIECES = 20, PIECE = 250; // the newest 5000 connections
const ADDRESSES = 50;           // that one request asks about

async function connections(since: string): Promise<Connection[]> {
  const rows: Connection[] = [];
  let cursor: string | undefined;
  for (let piece = 0; piece < PIECES; piece++) {
    const answer = await ask<ConnectionPage>("history/connections", { query: { since, direction: "out", limit: PIECE, order: "newest", cursor } });
    rows.push(...(answer.connections ?? []));
    cursor = answer.next;
    if (!cursor) break;
  }
  return rows.filter((c) => c.verdict?.action !== "nameserver" && c.process?.kind !== "suite" && !lastPart(c.process?.path).startsWith("portreeve-"));
}

// Adds to `known` what it lacks.
async function find(addresses: Set<string>, known: Map<string, Network>): Promise<void> {
  const wanted = [...addresses].filter((address) => address && !known.has(address));
  for (let from = 0; from < wanted.length; from += ADDRESSES) {
    const piece = wanted.slice(from, from + ADDRESSES);
    const { networks = [] } = await ask<Networks>("networks", { query: { addresses: piece.join(",") } });
    piece.forEach((address, at) => known.set(address, networks[at] ?? {}));
  }
}

export interface Recent {
  rows: Connection[];
  networks: Map<string, Network>; // by address
}

export async function recent(since: string, networks: Map<string, Network>): Promise<Recent> {
  const rows = await connections(since);
  await find(new Set(rows.map((c) => c.remote?.address ?? "")), networks);
  return { rows, networks };
}
