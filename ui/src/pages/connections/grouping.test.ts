// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Connection } from "../../api/types";
import { linesOf } from "./grouping";

const row = (id: number, path: string, action: string) =>
  ({ id, time: `2026-01-01T00:00:0${id}Z`, process: { path }, verdict: { action }, bytes_in: 10, bytes_out: 1 }) as unknown as Connection;
const rows = [row(4, "/b", "block"), row(3, "/a", "allow"), row(2, "/b", "drop"), row(1, "/b", "allow")];

test("groups count, the largest first; only an open one shows its own", () => {
  const lines = linesOf(rows, "program", new Set(["/b"]));
  expect(lines.map((line) => (line.kind === "group" ? line.group.key : line.connection.id))).toEqual(["/b", 4, 2, 1, "/a"]);
  const [first] = lines;
  expect(first?.kind === "group" && first.group).toMatchObject({ count: 3, refused: 2, bytesIn: 30, latest: "2026-01-01T00:00:04Z" });
});

test("what has no name is a group of its own", () => {
  expect(linesOf(rows, "domain", new Set())).toHaveLength(1);
});
