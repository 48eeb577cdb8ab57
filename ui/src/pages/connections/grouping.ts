// SPDX-License-Identifier: GPL-3.0-or-later
// Connections by program, name or destination: a line for each group and, where it is open, its own.
import type { Connection } from "../../api/types";
import { isRefusal } from "../../format/connection";

export type GroupBy = "none" | "program" | "domain" | "remote";

export interface Group {
  key: string;
  count: number;
  refused: number;
  bytesIn: number;
  bytesOut: number;
  latest: string;
}

export type Line = { kind: "group"; group: Group } | { kind: "connection"; connection: Connection };

function groupKey(connection: Connection, by: GroupBy): string {
  if (by === "program") return connection.process?.path ?? "";
  if (by === "domain") return connection.domain ?? "";
  return connection.remote?.address ?? "";
}

function add(group: Group, c: Connection): void {
  group.count++;
  if (isRefusal(c.verdict?.action)) group.refused++;
  group.bytesIn += c.bytes_in ?? 0;
  group.bytesOut += c.bytes_out ?? 0;
  if ((c.time ?? "") > group.latest) group.latest = c.time ?? "";
}

// `rows` newest first. Groups by how much is in them; the same order whenever the numbers are the same.
export function linesOf(rows: Connection[], by: GroupBy, open: ReadonlySet<string>): Line[] {
  const groups = new Map<string, { group: Group; rows: Connection[] }>();
  for (const connection of rows) {
    const key = groupKey(connection, by);
    let held = groups.get(key);
    if (!held) groups.set(key, (held = { group: { key, count: 0, refused: 0, bytesIn: 0, bytesOut: 0, latest: "" }, rows: [] }));
    add(held.group, connection);
    if (open.has(key)) held.rows.push(connection);
  }
  return [...groups.values()]
    .sort((a, b) => b.group.count - a.group.count || (a.group.key < b.group.key ? -1 : 1))
    .flatMap(({ group, rows: held }): Line[] => [{ kind: "group", group }, ...held.map((connection): Line => ({ kind: "connection", connection }))]);
}
