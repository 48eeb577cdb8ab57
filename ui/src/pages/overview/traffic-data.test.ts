// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Connection, HistoryGroup } from "../../api/types";
import { lastHour, pointsOf, stackOf, timesUntil } from "./traffic-data";

const now = Date.parse("2026-11-29T12:30:30Z");

test("the bars end with the one that is going on", () => {
  const times = timesUntil(now, 3600, 24);
  expect(times).toHaveLength(24);
  expect(new Date(times.at(-1)! * 1000).toISOString()).toBe("2026-11-29T12:00:00.000Z");
});

test("the largest programs have a bar each, the others one together", () => {
  const times = timesUntil(now, 60, 60);
  const points = "abcdefgh".split("").map((name, at) => ({ name, time: times[59]!, value: 10 - at }));
  const { series } = stackOf(times, 60, points);
  expect(series.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e", "others"]);
  expect(series.at(-1)?.values.at(-1)).toBe(5 + 4 + 3);
});

test("what is older than the bars is in none", () => {
  const row = (time: string) => ({ time, process: { path: "/usr/bin/curl" }, bytes_in: 7, bytes_out: 3 }) as unknown as Connection;
  const { series } = lastHour([row("2026-11-29T10:00:00Z"), row("2026-11-29T12:30:01Z")], "bytes", now);
  expect(series).toEqual([{ name: "curl", values: [...Array(59).fill(0), 10] }]);
});

test("what is in no program's line is the others'", () => {
  const group = (key: string, connections: number) => ({ key, connections, refused: 0, bytes_in: 0, bytes_out: 0 }) as HistoryGroup;
  const at = "2026-11-29T11:00:00Z", later = "2026-11-29T12:00:00Z";
  const points = pointsOf([{ program: "/usr/bin/curl", points: [group(at, 3)] }], [group(at, 3), group(later, 2)], "connections");
  expect(points).toEqual([{ name: "curl", time: Date.parse(at) / 1000, value: 3 }, { name: "others", time: Date.parse(later) / 1000, value: 2 }]);
});
