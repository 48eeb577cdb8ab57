// SPDX-License-Identifier: GPL-3.0-or-later
// How it is, at a glance.
import { ask } from "../../api/client";
import type { ConnectionPage, Groups, ProcessStatus } from "../../api/types";
import { Badge, Card, Dot, Empty, Loading, Looking, PageHead, toneOf, Words } from "../../parts/basics";
import { Icon } from "../../parts/icons";
import { arrowOf, isRefusal, portOf, programOf } from "../../format/connection";
import { askerOf, targetOf } from "../../format/prompt";
import { ago, clock, lastPart, short, whole } from "../../format/format";
import { store, storeVersion } from "../../state/connections";
import { usePolled } from "../../state/polling";
import { open } from "../../state/prompts";
import { hashOf } from "../../state/route";
import { mayAnswer, mayChange } from "../../state/session";
import { away, status } from "../../state/suite";
import { text } from "../../text/en";
import { Traffic } from "./traffic";

const words = text.overview;
const EVERY_MS = 5000;

function Hero() {
  const now = status.value;
  if (!now) return <Loading words={text.state.unknown} />;
  const tone = away.value ? "bad" : toneOf(now.state);
  const otherwise = now.rules?.default ? words.otherwise(words.defaults[now.rules.default] ?? now.rules.default) : "";
  return (
    <section class={`hero ${tone}`} aria-label={words.title}>
      <Icon name={tone === "good" ? "good" : "warn"} />
      <div>
        <p class="hero-state">{away.value ? text.state.away : (text.state[now.state ?? ""] ?? now.state)}</p>
        <p>{now.reason ? <Words>{now.reason}</Words> : [words.rules(now.rules?.count ?? 0, now.rules?.files ?? 0), otherwise].filter(Boolean).join("; ")}</p>
      </div>
      {mayChange.value && <a class="hero-action" href={hashOf("modes")}>{text.modes.overview}</a>}
      <p class="muted hero-version">portreeve {now.version}</p>
    </section>
  );
}

function Figure(props: { name: string; value: string; note?: string; href?: string; tone?: string }) {
  const inner = <><span class="figure-name">{props.name}</span><span class={`figure-value ${props.tone ?? ""}`}>{props.value}</span><span class="figure-note">{props.note}</span></>;
  return <li>{props.href ? <a class="figure" href={props.href}>{inner}</a> : <div class="figure">{inner}</div>}</li>;
}

const microseconds = (us: number) => (us < 1000 ? `${Math.round(us)} µs` : `${(us / 1000).toFixed(1)} ms`);

function Figures() {
  const day = usePolled(() => ask<Groups>("history/summary", { query: { by: "action", since: "1d" } }), EVERY_MS);
  const queues = status.value?.queues ?? [];
  const sum = (field: "seen" | "waiting" | "overflowed" | "lost" | "timed_out") => queues.reduce((total, queue) => total + queue[field], 0);
  const unjudged = sum("overflowed") + sum("lost") + sum("timed_out");
  const groups = day.value.value?.groups ?? [];
  const all = groups.reduce((total, group) => total + group.connections, 0);
  const refused = groups.filter(({ key }) => isRefusal(key)).reduce((total, group) => total + group.connections, 0);
  const waiting = open.value;
  storeVersion.value; // counts anew when one opens or ends
  const ongoing = store.all().filter(({ state }) => state === "open").length;
  const latency = status.value?.processes?.flatMap(({ latencies }) => latencies ?? []).filter(({ count }) => count > 0).sort((a, b) => b.p50_us - a.p50_us)[0];
  return (
    <ul class="figures">
      {mayAnswer.value && <Figure name={words.prompts} value={short(waiting.length)} note={waiting[0] ? `${askerOf(waiting[0].prompt)} ${arrowOf(waiting[0].prompt.direction)} ${targetOf(waiting[0].prompt)}` : words.noPrompts} href={hashOf("prompts")} tone={waiting.length > 0 ? "warn" : ""} />}
      <Figure name={words.open} value={short(ongoing)} href={hashOf("connections", { filter: "state:open" })} />
      <Figure name={words.blocked} value={short(refused)} note={words.ofAll(short(all))} href={hashOf("connections", { filter: "verdict:block,drop" })} />
      <Figure name={words.judged} value={short(sum("seen"))} note={`${short(sum("waiting"))} ${words.waiting}`} />
      <Figure name={words.unjudged} value={short(unjudged)} note={words.unjudgedNote} tone={unjudged > 0 ? "warn" : ""} />
      {latency && <Figure name={words.latency} value={microseconds(latency.p50_us)} note={`${words.latencyNote} ${microseconds(latency.p99_us)}`} />}
    </ul>
  );
}

function LatestBlocked() {
  const seen = usePolled(async () => {
    const pages = await Promise.all(["block", "drop"].map((action) => ask<ConnectionPage>("connections", { query: { action, limit: 8 } })));
    return pages.flatMap(({ connections }) => connections ?? []).sort((a, b) => ((a.time ?? "") < (b.time ?? "") ? 1 : -1)).slice(0, 8);
  }, EVERY_MS);
  const rows = seen.value.value;
  return (
    <Card title={words.latestBlocked} extra={<a class="more" href={hashOf("connections", { filter: "verdict:block,drop" })}>{words.allBlocked}</a>}>
      <Looking of={seen} />
      {rows?.length === 0 && <Empty words={words.noneBlocked} icon="good" />}
      <ul class="lines">
        {rows?.map((c) => (
          <li key={c.id}>
            <a href={hashOf("connections", { filter: `program:${lastPart(c.process?.path)} verdict:block,drop` })}>
              <time class="num muted" dateTime={c.time} title={whole(c.time)}>{clock(c.time)}</time>
              <span class="line-main"><strong>{programOf(c)}</strong> {arrowOf(c.direction)} {c.domain || c.remote?.address}<span class="muted">:{portOf(c)}</span></span>
              <Badge of={c.verdict?.action} />
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Process({ of }: { of: ProcessStatus }) {
  return (
    <li>
      <Dot tone={toneOf(of.state)} />
      <div>
        <p><strong>{of.name}</strong> <span class="muted">{text.state[of.state ?? ""] ?? of.state}</span></p>
        <p class="small muted">{of.reason || (of.pid ? words.processNote(of.pid, ago(of.since)) : "")}</p>
      </div>
    </li>
  );
}

const Processes = () => (
  <Card title={words.processes}>
    <ul class="processes">{status.value?.processes?.map((process) => <Process key={process.name} of={process} />)}</ul>
    {(status.value?.not_seen?.length ?? 0) > 0 && (
      <details class="not-seen"><summary>{words.notSeen}</summary><ul>{status.value!.not_seen!.map((one) => <li key={one}>{one}</li>)}</ul></details>
    )}
  </Card>
);

function Resolver() {
  const resolver = status.value?.processes?.find(({ name }) => name === "resolver");
  if (!resolver) return null;
  const counters = (resolver.counters ?? []).filter(({ value }) => value > 0);
  return (
    <Card title={words.resolver} extra={<span class="with-dot"><Dot tone={toneOf(resolver.state)} />{text.state[resolver.state ?? ""] ?? resolver.state}</span>}>
      {resolver.state === "stopped" && <p>{words.resolverAway}</p>}
      {resolver.reason && <p>{resolver.reason}</p>}
      <dl class="counters">{counters.map(({ name, value }) => <div key={name}><dt>{name?.replaceAll("_", " ")}</dt><dd class="num">{short(value)}</dd></div>)}</dl>
    </Card>
  );
}

export function Overview() {
  return (
    <>
      <PageHead title={words.title} />
      <Hero />
      <Figures />
      <div class="grid">
        <Traffic />
        <LatestBlocked />
        <Processes />
        <Resolver />
      </div>
    </>
  );
}
