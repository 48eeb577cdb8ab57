// SPDX-License-Identifier: GPL-3.0-or-later
// Changes one setting: of what it can be, or back to what the file says.
import { useState } from "preact/hooks";
import type { SettingView } from "../../api/types";
import { useBusy } from "../../parts/busy";
import { text } from "../../text/en";
import { nameOf, unquoted, written } from "./sections";

const words = text.settings;

function Control(props: { of: SettingView; id: string; value: string; onChange: (value: string) => void }) {
  const { of, id, value } = props;
  const options = of.kind === "boolean" ? ["true", "false"] : of.kind === "choice" ? (of.choices ?? []) : undefined;
  if (options) return <select id={id} value={value} onChange={(event) => props.onChange(event.currentTarget.value)}>{options.map((one) => <option key={one}>{one}</option>)}</select>;
  const input = (event: { currentTarget: HTMLInputElement }) => props.onChange(event.currentTarget.value);
  if (of.kind === "number") return <input id={id} type="number" min={of.least} max={of.most} required value={value} onInput={input} />;
  return <input id={id} type="text" required={of.kind !== "text"} autocomplete="off" spellcheck={false} value={value} onInput={input} />;
}

// `onSave` gets the value as TOML; "": as the file says, or the default.
export function Change(props: { of: SettingView; onSave: (value: string) => Promise<void>; onClose: () => void }) {
  const { of } = props;
  const [value, setValue] = useState(unquoted(of.value ?? ""));
  const { busy, run } = useBusy();
  const id = `setting-${nameOf(of)}`;
  async function save(to: string) {
    if (await run(() => props.onSave(to))) props.onClose();
  }
  return (
    <form class="setting-change" onSubmit={(event) => {
      event.preventDefault();
      void save(written(of.kind, value));
    }}>
      <label class="sr-only" for={id}>{nameOf(of)}</label>
      <Control of={of} id={id} value={value} onChange={setValue} />
      <button type="submit" class="primary" disabled={busy}>{words.save}</button>
      {of.origin?.startsWith("change") && <button type="button" disabled={busy} onClick={() => save("")}>{words.reset}</button>}
      <button type="button" onClick={props.onClose}>{text.cancel}</button>
    </form>
  );
}
