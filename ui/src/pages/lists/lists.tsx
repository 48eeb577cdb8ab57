// SPDX-License-Identifier: GPL-3.0-or-later
import { ask } from "../../api/client";
import type { NameQueryPage } from "../../api/types";
import { Ago, Badge, Card, Empty, Looking, PageHead, ScrollTable, Words } from "../../parts/basics";
import { bytes, count, short } from "../../format/format";
import { lookAtRules } from "../../rules/changes";
import { lists } from "../../rules/lists-known";
import { usePolled } from "../../state/polling";
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

export function Lists() {
  const seen = usePolled(lists, EVERY_MS);
  const hits = usePolled(refusals, EVERY_MS);
  const all = seen.value.value;
  return (
    <>
      <PageHead title={words.title} />
      <Card>
        <Looking of={seen} />
        {all?.length === 0 && <Empty words={words.none} icon="lists"><p class="muted"><Words>{words.noneHint}</Words></p></Empty>}
        {all && all.length > 0 && (
          <ScrollTable label={words.title}>
            <thead><tr><th scope="col">{words.name}</th><th scope="col">{words.names}</th><th scope="col">{words.size}</th><th scope="col">{words.made}</th><th scope="col">{words.hits}</th><th scope="col">{words.use}</th><th scope="col">{words.problem}</th></tr></thead>
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
