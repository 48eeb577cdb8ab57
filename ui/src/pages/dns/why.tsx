// SPDX-License-Identifier: GPL-3.0-or-later
// Why a name was answered or refused: what the rules say to that program, and the resolver's steps.
import { useEffect, useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { DnsLookup, DnsQuery, Explanation } from "../../api/types";
import { Badge, Facts, Failed, Loading } from "../../parts/basics";
import { Drawer } from "../../parts/drawer";
import { lastPart, whole } from "../../format/format";
import { wordsOf } from "../../state/notices";
import { text } from "../../text/en";

const words = text.dns;

interface Answer {
  key: string;
  explanation?: Explanation;
  lookup?: DnsLookup;
  error?: string;
}

async function why(query: DnsQuery, signal: AbortSignal): Promise<Omit<Answer, "key">> {
  const explanation = query.program
    ? await ask<Explanation>("explain", { query: { program: query.program, domain: query.name }, signal })
    : undefined;
  const lookup = await ask<DnsLookup>("dns/lookup", { query: { name: query.name, type: query.type }, signal });
  return { ...(explanation ? { explanation } : {}), lookup };
}

export function WhyName(props: { of: DnsQuery; onClose: () => void }) {
  const query = props.of;
  const key = String(query.number);
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => {
    const abort = new AbortController();
    why(query, abort.signal).then((found) => setAnswer({ key, ...found })).catch((error) => abort.signal.aborted || setAnswer({ key, error: wordsOf(error) }));
    return () => abort.abort();
  }, [key]);
  const here = answer?.key === key ? answer : undefined;
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
      {!here && <Loading words={words.asking} />}
      {here?.error && <Failed words={here.error} />}
      {here?.explanation && (
        <section class="block"><h3>{lastPart(query.program)}</h3><p>{here.explanation.dns}</p><p>{here.explanation.words}</p></section>
      )}
      {here?.lookup && (
        <section class="block">
          <h3>{words.log}</h3>
          <ol class="considered">{(here.lookup.steps ?? []).map((step, at) => <li key={at}><p><strong>{words.steps[step.what ?? ""] ?? step.what}</strong></p><p class="small muted">{step.result}</p></li>)}</ol>
          {(here.lookup.records?.length ?? 0) > 0 && <pre class="rule-text"><code>{here.lookup.records!.join("\n")}</code></pre>}
        </section>
      )}
    </Drawer>
  );
}
