// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Connection } from "../../api/types";
import { lastHour, stackOf, timesUntil } from "./traffic-data";

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
