// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from "preact/hooks";
import { Card, Empty, Looking, Segments } from "../../parts/basics";
import { StackedBars } from "../../parts/chart";
import type { Stack } from "../../parts/stack";
import { bytes, clock, short } from "../../format/format";
import { store, storeVersion } from "../../state/connections";
import { usePolled } from "../../state/polling";
import { text } from "../../text/en";
import { lastHour, longer, type Measure, type Range } from "./traffic-data";

const words = text.overview;
const EVERY_MS = 10_000;

export function Traffic() {
  const [range, setRange] = useState<Range>("hour");
  const [measure, setMeasure] = useState<Measure>("connections");
  const seen = usePolled<Stack>(
    async () => (range === "hour" ? lastHour(store.all(), measure) : longer(range, measure)), EVERY_MS, [range, measure]);
  const first = storeVersion.value > 0; // the store has been filled
  useEffect(() => void seen.look(), [first]);
  const stack = seen.value.value;
  return (
    <Card title={words.traffic} class="wide" extra={
      <div class="buttons">
        <Segments label={words.measure} value={measure} options={words.measures} onChange={(next) => setMeasure(next as Measure)} />
        <Segments label={words.range} value={range} options={words.ranges} onChange={(next) => setRange(next as Range)} />
      </div>
    }>
      <div class="chart-area">
        <Looking of={seen} />
        {stack && stack.series.length === 0 && <Empty words={words.noTraffic} />}
        {stack && stack.series.length > 0 && (
          <StackedBars of={stack} label={`${words.traffic}, ${words.ranges[range]}`} format={measure === "bytes" ? bytes : short}
            timeOf={(time) => clock(new Date(time * 1000).toISOString())} />
        )}
      </div>
    </Card>
  );
}
