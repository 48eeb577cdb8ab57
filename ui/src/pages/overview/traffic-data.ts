// SPDX-License-Identifier: GPL-3.0-or-later
// Connections and bytes over time by program: the last hour from what policy remembers, all else from
// the historian's counts.
import { ask } from "../../api/client";
import type { Connection, Groups, HistoryGroup, Series, SeriesLine } from "../../api/types";
import { programOf } from "../../format/connection";
import { lastPart } from "../../format/format";
import { MOST_SERIES, type Stack } from "../../parts/stack";
import { text } from "../../text/en";

export type Range = "hour" | "day" | "week" | "month";
export type Measure = "connections" | "bytes";

const TOP = MOST_SERIES - 1; // and the others
const LINES = 8; // of the most connections: the most bytes are among them
const MINUTE = 60, HOUR = 3600, DAY = 86_400;
const SPANS: Record<Exclude<Range, "hour">, { since: string; by: "hour" | "day"; step: number; steps: number }> = {
  day: { since: "1d", by: "hour", step: HOUR, steps: 24 },
  week: { since: "7d", by: "hour", step: 3 * HOUR, steps: 56 },
  month: { since: "30d", by: "day", step: DAY, steps: 30 },
};

export function timesUntil(nowMs: number, step: number, steps: number): number[] {
  const last = Math.floor(nowMs / 1000 / step) * step;
  return Array.from({ length: steps }, (_, at) => last - (steps - 1 - at) * step);
}

export function stackOf(times: number[], step: number, points: { name: string; time: number; value: number }[]): Stack {
  const totals = new Map<string, number>();
  for (const { name, value } of points) totals.set(name, (totals.get(name) ?? 0) + value);
  const top = [...totals].sort((a, b) => b[1] - a[1]).filter(([name, total]) => total > 0 && name !== text.overview.others).slice(0, TOP).map(([name]) => name);
  const names = totals.size > top.length ? [...top, text.overview.others] : top;
  const series = names.map((name) => ({ name, values: times.map(() => 0) }));
  for (const { name, time, value } of points) {
    const at = Math.floor((time - times[0]!) / step);
    const row = series[top.includes(name) ? top.indexOf(name) : top.length];
    if (row && at >= 0 && at < times.length) row.values[at]! += value;
  }
  return { times, series: series.filter(({ values }) => values.some((value) => value > 0)) };
}

const valueOf = (measure: Measure, connections: number, received: number, sent: number) => (measure === "connections" ? connections : received + sent);

export function lastHour(connections: readonly Connection[], measure: Measure, nowMs = Date.now()): Stack {
  const points = connections.map((c) => ({
    name: programOf(c),
    time: new Date(c.time ?? 0).getTime() / 1000,
    value: valueOf(measure, 1, c.bytes_in ?? 0, c.bytes_out ?? 0),
  }));
  return stackOf(timesUntil(nowMs, MINUTE, 60), MINUTE, points);
}

// Lines of single programs, and what all have together: what is in no line is the others'.
export function pointsOf(lines: SeriesLine[], all: HistoryGroup[], measure: Measure): { name: string; time: number; value: number }[] {
  const size = (group: HistoryGroup) => valueOf(measure, group.connections, group.bytes_in, group.bytes_out);
  const time = (group: HistoryGroup) => new Date(group.key ?? 0).getTime() / 1000;
  const points = lines.flatMap(({ program, points: own }) => (own ?? []).map((group) => ({ name: lastPart(program), time: time(group), value: size(group) })));
  const known = new Map<number, number>();
  for (const point of points) known.set(point.time, (known.get(point.time) ?? 0) + point.value);
  const rest = all.map((group) => ({ name: text.overview.others, time: time(group), value: size(group) - (known.get(time(group)) ?? 0) }));
  return [...points, ...rest.filter(({ value }) => value > 0)];
}

export async function longer(range: Exclude<Range, "hour">, measure: Measure, nowMs = Date.now()): Promise<Stack> {
  const { since, by, step, steps } = SPANS[range];
  // One after the other: the historian refuses who asks much at once.
  const { lines } = await ask<Series>("history/series", { query: { since, step: by, limit: LINES } });
  const { groups } = await ask<Groups>("history/summary", { query: { by, since, limit: 1000 } });
  return stackOf(timesUntil(nowMs, step, steps), step, pointsOf(lines ?? [], groups ?? [], measure));
}
