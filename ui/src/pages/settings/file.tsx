// SPDX-License-Identifier: GPL-3.0-or-later
// The settings of the suite, section by section: what is in force, its default, where it comes from and
// when a change takes force. Those of [policy] are changed here.
import { useState } from "preact/hooks";
import { ask, request } from "../../api/client";
import type { SettingsChanged, SettingsPage, SettingView } from "../../api/types";
import { Ago, Card, Empty, Failed, Looking, ScrollTable, TableHead, Words } from "../../parts/basics";
import { FindBox } from "../../parts/find-box";
import { undoable } from "../../rules/changes";
import { say } from "../../state/notices";
import { usePolled } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";
import { Change } from "./change";
import { isDefault, nameOf, sectionsOf } from "./sections";

const words = text.settings;
const EVERY_MS = 10_000;

interface Seen {
  page: SettingsPage;
  etag: string;
}

async function look(): Promise<Seen> {
  const response = await request("settings");
  return { page: (await response.json()) as SettingsPage, etag: response.headers.get("ETag") ?? "" };
}

// Only where nobody has changed them since they were seen.
async function change(seen: Seen, name: string, value: string, onDone: () => Promise<void>): Promise<void> {
  const { made, undo } = await undoable(() =>
    ask<SettingsChanged>("settings", { method: "PATCH", headers: { "If-Match": seen.etag }, body: { settings: [{ name, value }] } }));
  await onDone();
  say(words.changed(name, made.affected ?? 0), undo && (async () => {
    await undo();
    await onDone();
  }));
}

function Row({ of, onSave }: { of: SettingView; onSave: (value: string) => Promise<void> }) {
  const [changing, setChanging] = useState(false);
  const mayBe = of.changeable && mayChange.value;
  return (
    <tr>
      <th scope="row"><code>{of.key}</code></th>
      <td>
        {changing ? <Change of={of} onSave={onSave} onClose={() => setChanging(false)} /> : (
          <div class="setting-value">
            <code class="wrap">{of.value || "–"}</code>
            {mayBe && <button type="button" onClick={() => setChanging(true)}>{words.change}<span class="sr-only"> {nameOf(of)}</span></button>}
          </div>
        )}
      </td>
      <td class="muted"><code class="wrap">{of.default}</code></td>
      <td class="small muted">{isDefault(of) ? words.isDefault : <span class="wrap">{of.origin}</span>}<br />{of.takes_force}</td>
    </tr>
  );
}

function Section(props: { name: string; of: SettingView[]; onSave: (name: string, value: string) => Promise<void> }) {
  return (
    <section class="block">
      <h3 class="mono">[{props.name}]</h3>
      <ScrollTable label={`[${props.name}]`} class="settings">
        <TableHead of={Object.values(words.columns)} />
        <tbody>{props.of.map((one) => <Row key={one.key} of={one} onSave={(value) => props.onSave(nameOf(one), value)} />)}</tbody>
      </ScrollTable>
    </section>
  );
}

export function SettingsFile() {
  const [find, setFind] = useState("");
  const seen = usePolled(look, EVERY_MS);
  const now = seen.value.value;
  const sections = sectionsOf(now?.page.settings ?? [], find);
  const save = (name: string, value: string) => change(now!, name, value, seen.look);
  return (
    <Card title={words.suite} class="wide" extra={now && <p class="small muted"><span class="mono wrap">{now.page.file}</span>, <Ago time={now.page.read} /></p>}>
      <Looking of={seen} />
      {now?.page.error && <Failed words={words.fileError(now.page.error)} />}
      {now && <FindBox label={words.find} value={find} onChange={setFind} />}
      {now && sections.length === 0 && <Empty words={words.noneFound} />}
      {sections.map(([name, of]) => <Section key={name} name={name} of={of} onSave={save} />)}
      {now && <p class="hint"><Words>{words.changeHint}</Words></p>}
    </Card>
  );
}
