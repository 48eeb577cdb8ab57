// SPDX-License-Identifier: GPL-3.0-or-later
import { ask } from "../../api/client";
import type { DnsLists, DnsListsUpdate, NameQueryPage } from "../../api/types";
import { Ago, Badge, Card, Empty, Looking, PageHead, ScrollTable, TableHead } from "../../parts/basics";
import { useBusy } from "../../parts/busy";
import { bytes, count, short } from "../../format/format";
import { lookAtRules } from "../../rules/changes";
import { say } from "../../state/notices";
import { usePolled } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";

const words = text.lists;

const EVERY_MS = 10_000;

// How often each list refused: the resolver names a list as the reason, policy names the rule.
async function refusals(): Promise<Map<string, number>> {
  const [page, { rules }] = await Promise.all([ask<NameQueryPage>("history/queries", { query: { action: "block", since: "1d", limit: 1000 } }), lookAtRules()]);
  const listsOf = new Map(rules.map((rule) => [rule.name ?? "", [...(rule.text ?? "").matchAll(/^\s*list\s*=\s*(.+)$/gm)].flatMap(([, value]) => [...value!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!))]));
  const counted = new Map<string, number>();
  for (const { rule = "" } of page.queries ?? [])
    for (const name of [...(listsOf.get(rule) ?? []), ...(/list "?([\w-]+)"?/.exec(rule)?.slice(1) ?? [])]) counted.set(name, (counted.get(name) ?? 0) + 1);
  return counted;
}

function Run({ of }: { of: DnsListsUpdate }) {
  return (
    <div class="lists-run">
      <p class="small muted" role="status">{of.ended ? <>{of.good ? words.ran : words.ranBadly} <Ago time={of.ended} /></> : <>{words.running} <Ago time={of.started} /></>}</p>
      {(of.problems ?? []).map((problem) => <p key={problem} class="failed">{problem}</p>)}
    </div>
  );
}

export function Lists() {
  const seen = usePolled(() => ask<DnsLists>("lists"), EVERY_MS);
  const hits = usePolled(refusals, EVERY_MS);
  const all = seen.value.value?.lists;
  const latest = seen.value.value?.update;
  const { busy, run } = useBusy();
  const update = () =>
    run(async () => {
      await ask<unknown>("lists/update", { method: "POST", body: {} });
      say(words.updating);
      await seen.look();
    });
  return (
    <>
      <PageHead title={words.title}>{mayChange.value && <button type="button" disabled={busy} onClick={update}>{words.update}</button>}</PageHead>
      <Card>
        <Looking of={seen} />
        {latest?.started && <Run of={latest} />}
        {all?.length === 0 && <Empty words={words.none} hint={words.noneHint} icon="lists" />}
        {all && all.length > 0 && (
          <ScrollTable label={words.title}>
            <TableHead of={[words.name, words.names, words.size, words.made, words.hits, words.use, words.problem]} />
            <tbody>{all.map((list) => (
              <tr key={list.name}>
                <th scope="row">{list.name}</th><td class="num">{count(list.names)}</td><td class="num">{bytes(list.bytes)}</td><td><Ago time={list.made} /></td>
                <td class="num">{short(hits.value.value?.get(list.name ?? "") ?? 0)}</td>
                <td>{list.refused ? <Badge of="block">{words.everybody}</Badge> : <span class="muted">{words.byRule}</span>}</td>
                <td>{list.problem}</td>
              </tr>
            ))}</tbody>
          </ScrollTable>
        )}
      </Card>
    </>
  );
}
