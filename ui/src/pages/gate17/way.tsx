// SPDX-License-Identifier: GPL-3.0-or-later
// One way: how it is, and how much goes through it.
import type { GateWay } from "../../api/types";
import { Ago, Card, Dot, Facts, toneOf } from "../../parts/basics";
import { bytes, short } from "../../format/format";
import { termText } from "../../filter/filter";
import { hashOf } from "../../state/route";
import { text } from "../../text/en";

const words = text.gate17;

const Rate = (props: { rate: number | undefined; all: number | undefined }) => (
  <><span class="num">{words.perSecond(bytes(props.rate ?? 0))}</span> <span class="small muted num">{words.all(bytes(props.all ?? 0))}</span></>
);

export function Way({ of }: { of: GateWay }) {
  const name = of.name ?? "";
  return (
    <Card title={name} class="way" extra={<span class="with-dot"><Dot tone={toneOf(of.state)} />{words.states[of.state ?? ""] ?? of.state}{of.since && of.state !== "not used yet" && <span class="muted">{words.since} <Ago time={of.since} /></span>}</span>}>
      <p class="muted">{words.types[of.type ?? ""] ?? of.type} <span class="mono wrap">{of.server}</span></p>
      {of.reason && <p class="failed" role="status">{of.reason}</p>}
      <Facts of={[
        [words.address, of.address && of.address !== of.server && <span class="mono wrap">{of.address}</span>],
        [words.latency, of.opened ? <span class="num">{(of.latency ?? 0).toFixed(1)} ms</span> : "–"],
        [words.received, <Rate rate={of.rate_in} all={of.bytes_in} />],
        [words.sent, <Rate rate={of.rate_out} all={of.bytes_out} />],
        [words.streams, <><span class="num">{short(of.streams ?? 0)}</span> <span class="small muted">{words.opened(of.opened ?? 0)}</span></>],
        [words.failures, of.failures ? <span class="num">{short(of.failures)}</span> : words.noFailures],
      ]} />
      <p class="way-more"><a class="more" href={hashOf("connections", { filter: termText("way", name) })}>{words.connections(name)}</a></p>
    </Card>
  );
}
