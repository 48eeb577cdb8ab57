// SPDX-License-Identifier: GPL-3.0-or-later
// Why a name was answered or refused: what the rules say to that program, and the resolver's steps.
import { ask } from "../../api/client";
import type { DnsLookup, DnsQuery, Explanation } from "../../api/types";
import { Badge, Facts, Failed, Loading } from "../../parts/basics";
import { Drawer } from "../../parts/drawer";
import { lastPart, whole } from "../../format/format";
import { useAsked } from "../../state/polling";
import { text } from "../../text/en";

const words = text.dns;

async function why(query: DnsQuery, signal: AbortSignal) {
  const [explanation, lookup] = await Promise.all([
    query.program ? ask<Explanation>("explain", { query: { program: query.program, domain: query.name }, signal }) : undefined,
    ask<DnsLookup>("dns/lookup", { query: { name: query.name, type: query.type }, signal }),
  ]);
  return { explanation, lookup };
}

export function WhyName(props: { of: DnsQuery; onClose: () => void }) {
  const query = props.of;
  const key = String(query.number);
  const answer = useAsked(key, (signal) => why(query, signal));
  const found = answer?.value;
  return (
    <Drawer title={words.whyTitle(query.name ?? "")} subject={key} onClose={props.onClose}>
      <p class="verdict-line">{query.refused ? <Badge of="block">{words.refused}</Badge> : <Badge of={query.rcode === "NOERROR" ? "allow" : "drop"}>{query.rcode === "NOERROR" ? words.answered : query.rcode}</Badge>} {query.reason}</p>
      <Facts of={[
        [words.columns.time, whole(query.time)],
        [words.columns.program, query.program && <span class="mono wrap">{query.program}</span>],
        [words.columns.type, query.type],
        [words.answersTo, (query.addresses ?? []).join(", ")],
        [words.cache, query.cache],
        [text.overview.upstream, query.upstream],
        [words.latency, `${query.took.toFixed(1)} ms`],
      ]} />
      {!answer && <Loading words={words.asking} />}
      {answer?.error && <Failed words={answer.error} />}
      {found?.explanation && (
        <section class="block"><h3>{lastPart(query.program)}</h3><p>{found.explanation.dns}</p><p>{found.explanation.words}</p></section>
      )}
      {found?.lookup && (
        <section class="block">
          <h3>{words.log}</h3>
          <ol class="considered">{(found.lookup.steps ?? []).map((step, at) => <li key={at}><p><strong>{words.steps[step.what ?? ""] ?? step.what}</strong></p><p class="small muted">{step.result}</p></li>)}</ol>
          {(found.lookup.records?.length ?? 0) > 0 && <pre class="rule-text"><code>{found.lookup.records!.join("\n")}</code></pre>}
        </section>
      )}
    </Drawer>
  );
}
