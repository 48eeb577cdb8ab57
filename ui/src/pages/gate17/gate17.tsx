// SPDX-License-Identifier: GPL-3.0-or-later
// The ways of Gate17: how each is, how much goes through it, and what went which way.
import { useEffect, useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { GateWays } from "../../api/types";
import { Card, Empty, Looking, PageHead } from "../../parts/basics";
import { StackedBars } from "../../parts/chart";
import { bytes, clock } from "../../format/format";
import { usePolled } from "../../state/polling";
import { text } from "../../text/en";
import { Latest } from "./latest";
import { lookOf, stackOf, withLook, type Look } from "./rates";
import { Way } from "./way";

const words = text.gate17;
const EVERY_MS = 2000;
const STEP = 5; // s a bar
const BARS = 60;

const perSecond = (value: number) => words.perSecond(bytes(value));
const timeOf = (time: number) => clock(new Date(time * 1000).toISOString());

function Throughput({ of }: { of: Look[] }) {
  const stack = stackOf(of, STEP, BARS);
  return (
    <Card title={words.throughput} class="wide" extra={<p class="small muted">{words.throughputHint}</p>}>
      <div class="chart-area">
        {stack.series.some(({ values }) => values.some((value) => value > 0)) ? <StackedBars of={stack} label={words.throughput} format={perSecond} timeOf={timeOf} /> : <Empty words={words.still} />}
      </div>
    </Card>
  );
}

export function Gate17() {
  const seen = usePolled(() => ask<GateWays>("gate"), EVERY_MS);
  const [looks, setLooks] = useState<Look[]>([]);
  const ways = seen.value.value?.ways;
  useEffect(() => {
    if (ways?.length) setLooks((before) => withLook(before, lookOf(ways), (BARS * STEP * 1000) / EVERY_MS));
  }, [ways]);
  return (
    <>
      <PageHead title={words.title}><a href="/docs/gate17.txt">{words.document}</a></PageHead>
      <Looking of={seen} />
      {ways?.length === 0 && <Card><Empty words={words.empty} hint={words.emptyHint} icon="gate17" /></Card>}
      {ways && ways.length > 0 && (
        <div class="stack">
          <div class="ways">{ways.map((way) => <Way key={way.name} of={way} />)}</div>
          {looks.length > 0 && <Throughput of={looks} />}
          <Latest />
        </div>
      )}
    </>
  );
}
