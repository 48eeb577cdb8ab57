// SPDX-License-Identifier: GPL-3.0-or-later
import { useState } from "preact/hooks";
import type { RuleView } from "../../api/types";
import { Card, Empty, Looking, PageHead } from "../../parts/basics";
import { FindBox } from "../../parts/find-box";
import { Icon } from "../../parts/icons";
import { addRule, lookAtRules, moveRule, removeRule, replaceRule } from "../../rules/changes";
import { attempt, say } from "../../state/notices";
import { usePolled } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";
import { ChangeLog, lookAtLog } from "./change-log";
import { RuleEditor } from "./editor";
import { RuleList } from "./list";
import { found, placeBefore } from "./order";

const words = text.rules;
const EVERY_MS = 5000;

export function Rules(props: { query: Record<string, string> }) {
  const seen = usePolled(lookAtRules, EVERY_MS);
  const log = usePolled(lookAtLog, EVERY_MS);
  const [find, setFind] = useState(props.query.rule ?? "");
  const [edited, setEdited] = useState<RuleView | "new">();
  const all = seen.value.value?.rules ?? [];
  const rows = found(all, find);
  const look = () => Promise.all([seen.look(), log.look()]).then(() => {});

  async function save(toml: string, confirmSeconds: number) {
    if (edited === "new") {
      const { rule } = await addRule(toml, confirmSeconds);
      const name = rule?.name ?? "";
      say(words.added(name), async () => (await removeRule(name), look()));
    } else if (edited) {
      const before = edited;
      const { rule } = await replaceRule(before.name!, toml, confirmSeconds);
      const name = rule?.name ?? "";
      say(words.changed(name), async () => (await replaceRule(name, before.text!), look()));
    }
    setEdited(undefined);
    await look();
  }
  const acts = {
    edit: setEdited,
    remove: (rule: RuleView) => attempt(async () => {
      const before = placeBefore(all, rule.name!);
      await removeRule(rule.name!);
      say(words.removed(rule.name!), async () => {
        await addRule(rule.text!);
        if (before) await moveRule(rule.name!, before);
        await look();
      });
      await look();
    }),
    move: (name: string, before: string) => attempt(async () => {
      const back = placeBefore(all, name);
      const { rule } = await moveRule(name, before);
      say(words.moved(name, rule?.position ?? 0), async () => (await moveRule(name, back), look()));
      await look();
    }),
  };
  return (
    <>
      <PageHead title={words.title}>
        {mayChange.value && <button type="button" class="primary" onClick={() => setEdited("new")}><Icon name="plus" />{words.add}</button>}
      </PageHead>
      <div class={`rules-split ${edited ? "editing" : ""}`}>
        <div class="stack">
          <Card title={words.order} extra={<p class="small muted">{words.orderHint}</p>}>
            <FindBox label={words.find} value={find} onChange={setFind} />
            <Looking of={seen} />
            {seen.value.value && rows.length === 0 && <Empty words={words.empty} icon="rules" />}
            <RuleList rules={rows} all={all} acts={acts} chosen={props.query.rule} />
          </Card>
          <ChangeLog log={log} onDone={() => void look()} />
        </div>
        {edited && <RuleEditor key={edited === "new" ? "" : edited.name} title={edited === "new" ? words.add : `${words.edit}: ${edited.name}`} toml={edited === "new" ? "" : (edited.text ?? "")} onSave={save} onClose={() => setEdited(undefined)} />}
      </div>
    </>
  );
}
