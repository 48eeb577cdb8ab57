// SPDX-License-Identifier: GPL-3.0-or-later
// What names were asked for, by whom, and how the resolver is.
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { DnsLogPage, DnsQuery, DnsUpstreams, Groups } from "../../api/types";
import { Badge, Card, Dot, Empty, Failed, Loading, Looking, PageHead, toneOf } from "../../parts/basics";
import { FindBox } from "../../parts/find-box";
import { LongTable, type Column } from "../../parts/long-table";
import { clock, lastPart, short, whole } from "../../format/format";
import { termText } from "../../filter/filter";
import { usePolled } from "../../state/polling";
import { hashOf } from "../../state/route";
import { text } from "../../text/en";
import { nameMatcher } from "./match";
import { Cache } from "./cache";
import { WhyName } from "./why";

const words = text.dns;
const EVERY_MS = 4000;
const MOST = 10;

const result = (query: DnsQuery) => (query.refused ? <Badge of="block">{words.refused}</Badge> : query.rcode && query.rcode !== "NOERROR" ? <Badge of="drop">{query.rcode}</Badge> : <span class="mono small">{(query.addresses ?? []).join(", ") || words.answered}</span>);

const COLUMNS: Column<DnsQuery>[] = [
  { key: "time", title: words.columns.time, cell: (q) => <time class="num" dateTime={q.time} title={whole(q.time)}>{clock(q.time)}</time> },
  { key: "name", title: words.columns.name, cell: (q) => <span title={q.name}>{q.name}</span> },
  { key: "type", title: words.columns.type, cell: (q) => <span class="muted">{q.type}</span> },
  { key: "program", title: words.columns.program, cell: (q) => <span title={q.program}>{lastPart(q.program) || <span class="muted">–</span>}</span> },
  { key: "result", title: words.columns.result, cell: result },
];

function Log(props: { onOpen: (query: DnsQuery) => void; chosen: DnsQuery | undefined }) {
  const [find, setFind] = useState("");
  const log = usePolled(() => ask<DnsLogPage>("dns/log", { query: { limit: 1000 } }), EVERY_MS);
  const holds = nameMatcher(find);
  const all = log.value.value?.queries;
  const rows = [...(all ?? [])].reverse().filter(({ name }) => holds((name ?? "").toLowerCase()));
  return (
    <Card title={words.log} class="wide dns-log">
      <FindBox label={words.find} hint={words.findHint} value={find} onChange={setFind} />
      {log.error.value && <Failed words={log.error.value} />}
      <div class="dns-table table-card">
        <LongTable label={words.log} columns={COLUMNS} count={rows.length} rowAt={(index) => rows[index]!} keyAt={(q) => String(q.number)} selected={props.chosen && String(props.chosen.number)} onOpen={props.onOpen} />
        {!all && !log.error.value && <Loading />}
        {all && rows.length === 0 && <Empty words={find ? words.noneFound : words.logEmpty} icon="dns" />}
      </div>
    </Card>
  );
}

function Names(props: { title: string; query: Record<string, string>; empty: string; value: "connections" | "refused" }) {
  const seen = usePolled(() => ask<Groups>("history/summary", { query: { by: "domain", since: "1d", limit: 200, ...props.query } }), 10_000);
  const rows = (seen.value.value?.groups ?? []).filter((group) => group.key && group[props.value] > 0).sort((a, b) => b[props.value] - a[props.value]).slice(0, MOST);
  const most = rows[0]?.[props.value] ?? 1;
  return (
    <Card title={props.title}>
      <Looking of={seen} />
      {seen.value.value && rows.length === 0 && <Empty words={props.empty} icon="dns" />}
      <ul class="bars">{rows.map((group) => (
        <li key={group.key}>
          <a class="wrap" href={hashOf("connections", { filter: termText("domain", group.key!) })}>{group.key}</a>
          <span class="num muted">{short(group[props.value])}</span>
          <meter min={0} max={most} value={group[props.value]} aria-label={`${group.key}: ${group[props.value]}`} />
        </li>
      ))}</ul>
    </Card>
  );
}

function RefusedNames() {
  const seen = usePolled(() => ask<{ queries?: { name?: string; rule?: string; program?: string }[] }>("history/queries", { query: { action: "block", since: "1d", limit: 1000 } }), 10_000);
  const counted = new Map<string, { count: number; rule: string }>();
  for (const { name, rule } of seen.value.value?.queries ?? []) {
    const held = counted.get(name ?? "") ?? { count: 0, rule: rule ?? "" };
    held.count++;
    counted.set(name ?? "", held);
  }
  const rows = [...counted].sort((a, b) => b[1].count - a[1].count).slice(0, MOST);
  return (
    <Card title={words.blocked}>
      <Looking of={seen} />
      {seen.value.value && rows.length === 0 && <Empty words={words.blockedEmpty} icon="good" />}
      <ul class="bars">{rows.map(([name, { count, rule }]) => (
        <li key={name}>
          <span class="wrap">{name}{rule && <span class="muted small"> {words.by(rule)}</span>}</span>
          <span class="num muted">{short(count)}</span>
          <meter min={0} max={rows[0]![1].count} value={count} aria-label={`${name}: ${count}`} />
        </li>
      ))}</ul>
    </Card>
  );
}

function Upstreams() {
  const seen = usePolled(() => ask<DnsUpstreams>("dns/upstreams"), EVERY_MS);
  const all = seen.value.value?.upstreams ?? [];
  return (
    <Card title={words.upstreams}>
      <Looking of={seen} />
      {seen.value.value && all.length === 0 && <p class="muted">{words.root}</p>}
      <ul class="upstreams">{all.map((one) => (
        <li key={one.server}>
          <p><Dot tone={toneOf(one.state)} /> <span class="mono wrap">{one.server}</span> <span class="muted">{words.state[one.state ?? ""] ?? one.state}</span></p>
          <p class="small muted">{words.latency} <span class="num">{one.latency.toFixed(1)} ms</span>, {words.answers.toLowerCase()} <span class="num">{short(one.answers)}</span>, {words.failures.toLowerCase()} <span class="num">{short(one.failures)}</span></p>
          {one.reason && <p class="small">{one.reason}</p>}
        </li>
      ))}</ul>
    </Card>
  );
}

export function Dns() {
  const [query, setQuery] = useState<DnsQuery>();
  return (
    <>
      <PageHead title={words.title} />
      <div class={query ? "rules-split editing" : ""}>
        <div class="grid">
          <Log onOpen={setQuery} chosen={query} />
          <Names title={words.top} query={{}} empty={words.topEmpty} value="connections" />
          <RefusedNames />
          <Upstreams />
          <Cache />
        </div>
        {query && <WhyName of={query} onClose={() => setQuery(undefined)} />}
      </div>
    </>
  );
}
