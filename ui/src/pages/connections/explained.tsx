// SPDX-License-Identifier: GPL-3.0-or-later
// Why a connection was judged as it was: who, where to, and every rule on the way.
import { ask } from "../../api/client";
import type { Connection, Considered, Explanation } from "../../api/types";
import { Badge, Failed, Facts, Loading, Words } from "../../parts/basics";
import { Drawer } from "../../parts/drawer";
import { Icon } from "../../parts/icons";
import { ProgramFacts } from "../../parts/program-facts";
import { termText, type Key } from "../../filter/filter";
import { arrowOf, isRefusal, portOf, programOf } from "../../format/connection";
import { networkOf } from "../../format/network";
import { briefly, bytes, lasted, whole } from "../../format/format";
import { store } from "../../state/connections";
import { FIRST_PAST_ID, keyOf } from "../../state/connection-store";
import { useAsked } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";
import { RuleMaker } from "./rule-maker";

const words = text.explain;

// What policy or the history knows by number; of what neither does it is said what would be now.
const known = (c: Connection) => store.same(c) !== undefined || c.id >= FIRST_PAST_ID;

function questionFor(c: Connection) {
  if (known(c)) return { id: c.id };
  return {
    program: c.process?.path, remote: c.remote?.address, domain: c.domain, user: c.process?.user, protocol: c.protocol,
    direction: c.direction, port: portOf(c) || undefined,
  };
}

function Identity({ of, onFilter }: { of: Connection; onFilter: (filter: string) => void }) {
  const only = (key: Key, value: string) =>
    <button type="button" class="plain only" title={words.filterBy(key)} onClick={() => onFilter(termText(key, value))}><Icon name="search" /><span class="sr-only">{words.filterBy(key)}</span></button>;
  return (
    <section class="block">
      <h3>{words.program}</h3>
      {of.process && <ProgramFacts of={of.process} only={only} />}
    </section>
  );
}

const endpoint = (e: Connection["remote"]) => (e ? `${e.address?.includes(":") ? `[${e.address}]` : e.address}${e.port ? `:${e.port}` : ""}` : "");

function Network({ of, place, onFilter }: { of: Connection; place: string; onFilter: (filter: string) => void }) {
  return (
    <section class="block">
      <h3>{words.network}</h3>
      <Facts of={[
        [words.name, of.domain ? <><span class="mono">{of.domain}</span><button type="button" class="plain only" title={words.filterBy("domain")} onClick={() => onFilter(termText("domain", of.domain!))}><Icon name="search" /><span class="sr-only">{words.filterBy("domain")}</span></button></> : <span class="muted">{words.noName}</span>],
        [words.namedBy, of.named_by && (words.namedBys as Record<string, string>)[of.named_by]],
        [words.remote, <span class="mono">{endpoint(of.remote)}</span>],
        [text.networks.title, place],
        [words.local, <span class="mono">{endpoint(of.local)}</span>],
        [words.protocol, `${of.protocol}, ${text.direction[of.direction ?? ""]}`],
        [words.began, whole(of.time)],
        [words.lasted, !isRefusal(of.verdict?.action) && (of.state === "open" ? words.stillOpen : lasted(of.time, of.ended))],
        [words.received, bytes(of.bytes_in ?? 0)],
        [words.sent, bytes(of.bytes_out ?? 0)],
      ]} />
    </section>
  );
}

function Rule({ of }: { of: Considered }) {
  return (
    <li class={of.matched ? "matched" : ""}>
      <p><strong>{of.rule}</strong> <span class="muted mono small">{of.origin}</span></p>
      <p class="small">{of.matched ? <span class="yes">{words.matched}</span> : <span class="muted">{of.failed}</span>}</p>
    </li>
  );
}

function Why({ of, from }: { of: Explanation; from: Connection }) {
  const deciding = of.deciding;
  const considered = of.considered ?? [];
  return (
    <section class="block">
      <h3>{words.verdict}</h3>
      {!known(from) && <p class="hint">{words.now}</p>}
      {of.words && <p>{of.words}</p>}
      <Facts of={[
        [words.decidedBy, deciding?.name || words.noRule],
        [words.where, deciding?.origin && <span class="mono">{deciding.origin}</span>],
        [words.dns, of.dns],
        [words.lists, of.lists?.join("; ")],
        [words.took, of.stages?.map((one) => `${words.stages[one.stage!]} ${briefly(one.us)}`).join(", ")],
      ]} />
      {deciding?.text && <pre class="rule-text"><code>{deciding.text}</code></pre>}
      {considered.length > 0 && (
        <details open={considered.length <= 6}>
          <summary>{words.considered(considered.length)}</summary>
          <ol class="considered">{considered.map((one, at) => <Rule key={at} of={one} />)}</ol>
        </details>
      )}
    </section>
  );
}

export function Explained(props: { of: Connection; onClose: () => void; onFilter: (filter: string) => void }) {
  const c = props.of;
  const answer = useAsked(keyOf(c), (signal) => ask<Explanation>("explain", { query: questionFor(c), signal }), [c.verdict?.action, c.verdict?.rule]);
  const title = `${programOf(c)} ${arrowOf(c.direction)} ${c.domain || c.remote?.address}`;
  return (
    <Drawer title={title} subject={keyOf(c)} onClose={props.onClose}>
      <p class="verdict-line"><Badge of={c.verdict?.action} /> {c.verdict?.way && <span>{text.connections.byWay(c.verdict.way)}</span>} {c.verdict?.rule && <span>{c.verdict.rule}</span>}</p>
      {answer?.value && <Why of={answer.value} from={c} />}
      {answer?.error && <Failed words={answer.error} />}
      {!answer && <Loading words={words.loading} />}
      <Identity of={c} onFilter={props.onFilter} />
      <Network of={c} place={answer?.value?.network ? networkOf(answer.value.network) : ""} onFilter={props.onFilter} />
      {mayChange.value ? <RuleMaker key={keyOf(c)} of={c} /> : <p class="hint"><Words>{text.session.observing!}</Words></p>}
    </Drawer>
  );
}
