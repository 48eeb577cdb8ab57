// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { HistoryGroup } from "../../api/types";
import { rowsOf, sorted } from "./data";
import { switchRule } from "./switches";

const now = Date.parse("2026-11-29T12:00:00Z");
const group = (key: string, first: string, connections = 1) => ({ key, first, last: "2026-11-29T11:00:00Z", connections, refused: 0, bytes_in: 0, bytes_out: 0 }) as HistoryGroup;

test("a program is new that was first seen this week, where the past is known for longer", () => {
  const old = group("/usr/bin/old", "2026-10-01T00:00:00Z");
  const fresh = group("/usr/bin/fresh", "2026-11-28T00:00:00Z");
  expect(rowsOf([old, fresh], [old, fresh], now).map(({ name, isNew }) => [name, isNew])).toEqual([["old", false], ["fresh", true]]);
  expect(rowsOf([fresh], [fresh], now)[0]?.isNew).toBe(false);
});

test("programs are ordered by what one asks for, equal ones by path", () => {
  const rows = rowsOf([group("/b", "2026-01-01T00:00:00Z", 5), group("/a", "2026-01-01T00:00:00Z", 5), group("/c", "2026-01-01T00:00:00Z", 9)], [], now);
  expect(sorted(rows, "connections").map(({ path }) => path)).toEqual(["/c", "/a", "/b"]);
});

test("a switch is a rule of that program alone", () => {
  expect(switchRule("lan", "/opt/a b/x", [])).toContain('path = "/opt/a b/x"');
  expect(switchRule("lan", "/x", [])).toContain('not       = { scope = ["lan", "localhost", "multicast"] }');
  expect(switchRule("dns", "/x", [])).toMatch(/any-of {4}= \[\{ port = 853 \}, \{ address = \["1\.1\.1\.1", /);
  expect(switchRule("lists", "/x", ["ads", "trackers"])).toContain('list      = ["ads", "trackers"]');
});
