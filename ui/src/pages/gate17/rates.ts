// SPDX-License-Identifier: GPL-3.0-or-later
// How much went through each way, look by look.
import type { GateWay } from "../../api/types";
import { MOST_SERIES, type Stack } from "../../parts/stack";
import { text } from "../../text/en";

export interface Look {
  time: number; // s since the epoch
  rates: Record<string, number>; // bytes a second, both directions
}

export const lookOf = (ways: GateWay[], nowMs = Date.now()): Look => ({
  time: Math.floor(nowMs / 1000),
  rates: Object.fromEntries(ways.map(({ name, rate_in = 0, rate_out = 0 }) => [name ?? "", rate_in + rate_out])),
});

// The newest `most`, in time.
export const withLook = (looks: Look[], one: Look, most: number): Look[] =>
  looks.at(-1)?.time === one.time ? looks : [...looks, one].slice(-most);

// One bar a step, up to the latest look; what was before the first look is empty. Of more ways than there
// are colours the last are one.
export function stackOf(looks: Look[], step: number, steps: number): Stack {
  const end = Math.floor((looks.at(-1)?.time ?? 0) / step) * step;
  const times = Array.from({ length: steps }, (_, at) => end - (steps - 1 - at) * step);
  const names = [...new Set(looks.flatMap(({ rates }) => Object.keys(rates)))];
  const single = names.length > MOST_SERIES ? names.slice(0, MOST_SERIES - 1) : names;
  const others = names.slice(single.length);
  const rows: [name: string, ways: string[]][] = single.map((name) => [name, [name]]);
  if (others.length > 0) rows.push([text.overview.others, others]);
  const series = rows.map(([name, ways]) => {
    const values = times.map(() => 0);
    for (const { time, rates } of looks) {
      const at = Math.floor((time - times[0]!) / step);
      if (at >= 0 && at < steps) values[at] = Math.max(values[at]!, ways.reduce((sum, way) => sum + (rates[way] ?? 0), 0));
    }
    return { name, values };
  });
  return { times, series };
}
