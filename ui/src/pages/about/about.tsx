// SPDX-License-Identifier: GPL-3.0-or-later
import type { ProcessStatus } from "../../api/types";
import { Card, Facts, Loading, PageHead, ScrollTable, TableHead } from "../../parts/basics";
import { Logo } from "../../parts/icons";
import { count } from "../../format/format";
import { status } from "../../state/suite";
import { text } from "../../text/en";

const words = text.about;

const MANUALS = ["portreeve(1)", "portreeve.toml(5)", "portreeve-rules(5)", "portreeve-list(5)", "portreeve-api(7)", "portreeve-rpc(7)"];

function SandboxRow({ of }: { of: ProcessStatus }) {
  const box = of.sandbox;
  return (
    <tr>
      <th scope="row">{of.name}<br /><span class="small muted">pid {of.pid}</span></th>
      <td class="num">{box?.uid ?? of.uid}</td>
      <td>{box?.capabilities?.length ? box.capabilities.map((one) => <code key={one} class="chip">{one}</code>) : <span class="muted">{words.noCapabilities}</span>}{box?.no_new_privs && <><br /><span class="small muted">{words.noNewPrivs}</span></>}</td>
      <td>{box?.seccomp ? words.filtered : words.unfiltered}</td>
      <td>{box?.landlock}</td>
      <td class="num">{of.version}</td>
    </tr>
  );
}

const milliseconds = (us: number) => `${(us / 1000).toFixed(us < 10_000 ? 2 : 0)} ms`;

function Latency() {
  const stages = status.value?.processes?.flatMap((process) => (process.latencies ?? []).filter(({ count: packets }) => packets > 0).map((stage) => ({ process: process.name, ...stage }))) ?? [];
  if (stages.length === 0) return null;
  return (
    <Card title={words.latency}>
      <ScrollTable label={words.latency}>
        <TableHead of={[words.stage, words.packets, "50 %", "90 %", "99 %"]} />
        <tbody>{stages.map((stage) => <tr key={`${stage.process} ${stage.stage}`}><th scope="row">{stage.process}: {stage.stage}</th><td class="num">{count(stage.count)}</td><td class="num">{milliseconds(stage.p50_us)}</td><td class="num">{milliseconds(stage.p90_us)}</td><td class="num">{milliseconds(stage.p99_us)}</td></tr>)}</tbody>
      </ScrollTable>
    </Card>
  );
}

export function About() {
  const now = status.value;
  return (
    <>
      <PageHead title={words.title} />
      <div class="stack">
        <Card>
          <div class="about-head"><Logo /><div><p>{words.lead}</p><Facts of={[[words.version, now?.version]]} /><p class="small muted">{words.licence}</p></div></div>
        </Card>
        <Card title={words.sandbox} extra={<p class="small muted">{words.sandboxHint}</p>}>
          {!now ? <Loading /> : (
            <ScrollTable label={words.sandbox} class="sandbox">
              <TableHead of={Object.values(words.columns)} />
              <tbody>{now.processes?.map((process) => <SandboxRow key={process.name} of={process} />)}</tbody>
            </ScrollTable>
          )}
        </Card>
        <Latency />
        <Card title={words.docs} extra={<p class="small muted">{words.docsHint}</p>}>
          <ul class="docs">{__DOCUMENTS__.map((name) => <li key={name}><a href={`/docs/${name}.txt`}>{name.replaceAll("-", " ")}</a></li>)}</ul>
          <h3 class="manuals">{words.manuals}</h3>
          <ul class="docs">{MANUALS.map((name) => <li key={name}><code>man {name.replace(/(.*)\((\d)\)/, "$2 $1")}</code></li>)}</ul>
        </Card>
      </div>
    </>
  );
}
