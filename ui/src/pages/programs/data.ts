// SPDX-License-Identifier: GPL-3.0-or-later
import { ask } from "../../api/client";
import type { Connection, Groups, HistoryGroup } from "../../api/types";
import { lastPart } from "../../format/format";
import { store } from "../../state/connections";

const WEEK_MS = 7 * 86_400_000;

export interface ProgramRow extends HistoryGroup {
  path: string;
  name: string;
  isNew: boolean;
}

export const groups = (by: string, query: Record<string, string | number | undefined>) =>
  ask<Groups>("history/summary", { query: { by, ...query } }).then((answer) => answer.groups ?? []);

// New: first seen this week, where the history reaches further back than that.
export function rowsOf(seen: HistoryGroup[], ever: HistoryGroup[], nowMs = Date.now()): ProgramRow[] {
  const first = new Map(ever.map((group) => [group.key ?? "", group.first ?? ""]));
  const oldest = ever.reduce((least, { first: at }) => (at && at < least ? at : least), "9");
  const reachesBack = oldest < new Date(nowMs - WEEK_MS).toISOString();
  return seen.map((group) => {
    const path = group.key ?? "";
    const firstSeen = first.get(path) || group.first || "";
    return { ...group, path, name: lastPart(path), first: firstSeen, isNew: reachesBack && firstSeen > new Date(nowMs - WEEK_MS).toISOString() };
  });
}

export async function programs(since: string): Promise<ProgramRow[]> {
  const [seen, ever] = await Promise.all([groups("program", { since, limit: 1000 }), groups("program", { limit: 1000 })]);
  return rowsOf(seen, ever);
}

export type Sort = "last" | "connections" | "bytes" | "refused" | "first";

const ORDERS: Record<Sort, (row: ProgramRow) => number | string> = {
  last: (row) => row.last ?? "",
  first: (row) => row.first ?? "",
  connections: (row) => row.connections,
  bytes: (row) => row.bytes_in + row.bytes_out,
  refused: (row) => row.refused,
};

export function sorted(rows: ProgramRow[], by: Sort): ProgramRow[] {
  const order = ORDERS[by];
  return [...rows].sort((a, b) => (order(a) < order(b) ? 1 : order(a) > order(b) ? -1 : a.path < b.path ? -1 : 1));
}

// The newest connections of a program that policy remembers: they carry its identity.
export function lately(path: string): Connection[] {
  return store.all().filter((c) => (c.process?.path ?? "") === path).slice(-200).reverse();
}
