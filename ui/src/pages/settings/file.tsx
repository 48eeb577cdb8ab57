// SPDX-License-Identifier: GPL-3.0-or-later
// The settings of the suite, section by section.
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { SettingsPage, SettingView } from "../../api/types";
import { Ago, Card, Empty, Failed, Looking, ScrollTable, Words } from "../../parts/basics";
import { FindBox } from "../../parts/find-box";
import { usePolled } from "../../state/polling";
import { text } from "../../text/en";

const words = text.settings;
const EVERY_MS = 10_000;

export function sectionsOf(settings: SettingView[], find: string): [section: string, settings: SettingView[]][] {
  const wanted = find.trim().toLowerCase();
  const sections = new Map<string, SettingView[]>();
  for (const one of settings) {
    const name = `${one.section ?? ""}.${one.key ?? ""}`;
    if (!`${name} ${one.value ?? ""}`.toLowerCase().includes(wanted)) continue;
    sections.set(one.section ?? "", [...(sections.get(one.section ?? "") ?? []), one]);
  }
  return [...sections];
}

function Section(props: { name: string; of: SettingView[] }) {
  return (
    <section class="block">
      <h3 class="mono">[{props.name}]</h3>
      <ScrollTable label={`[${props.name}]`} class="settings">
        <thead class="sr-only"><tr>{Object.entries(words.columns).map(([key, title]) => <th scope="col" key={key}>{title}</th>)}</tr></thead>
        <tbody>{props.of.map((one) => <tr key={one.key}><th scope="row"><code>{one.key}</code></th><td><code class="wrap">{one.value}</code></td></tr>)}</tbody>
      </ScrollTable>
    </section>
  );
}

export function SettingsFile() {
  const [find, setFind] = useState("");
  const seen = usePolled(() => ask<SettingsPage>("settings"), EVERY_MS);
  const page = seen.value.value;
  const all = page?.settings ?? [];
  const sections = sectionsOf(all, find);
  return (
    <Card title={words.suite} class="wide" extra={page && <p class="small muted"><span class="mono wrap">{page.file}</span>, <Ago time={page.read} /></p>}>
      <Looking of={seen} />
      {page?.error && <Failed words={words.fileError(page.error)} />}
      {page && all.length === 0 && !page.error && <Empty words={words.empty} hint={words.emptyHint} icon="settings" />}
      {all.length > 0 && <FindBox label={words.find} value={find} onChange={setFind} />}
      {all.length > 0 && sections.length === 0 && <Empty words={words.noneFound} />}
      {sections.map(([name, of]) => <Section key={name} name={name} of={of} />)}
      {page && <p class="hint"><Words>{words.changeHint}</Words></p>}
    </Card>
  );
}
