// SPDX-License-Identifier: GPL-3.0-or-later
// Begins one of the modes, or says that it is on.
import { useState } from "preact/hooks";
import type { ModeWanted } from "../../api/types";
import { Card, Check, Choice, Segments, Words } from "../../parts/basics";
import { useBusy } from "../../parts/busy";
import { whole } from "../../format/format";
import { beginMode, endMode, running, type Mode } from "../../state/modes";
import { attempt } from "../../state/notices";
import { text } from "../../text/en";

const words = text.modes;
const SPANS: Record<Mode, { initial: string; offered: string[] }> = {
  lockdown: { initial: "3600", offered: ["300", "3600", "28800", "86400"] },
  pause: { initial: "300", offered: ["300", "900", "3600"] },
  learn: { initial: "86400", offered: ["900", "3600", "86400", "604800"] },
};
const CONFIRM_SECONDS = 60;

const spansOf = (mode: Mode) => Object.fromEntries(SPANS[mode].offered.map((one) => [one, words.spans[one]!]));

function Begin({ mode }: { mode: Mode }) {
  const [seconds, setSeconds] = useState(SPANS[mode].initial);
  const [meanwhile, setMeanwhile] = useState("allow");
  const [confirm, setConfirm] = useState(false);
  const { busy, run } = useBusy();
  async function begin() {
    const wanted: ModeWanted & { mode: Mode } = { mode, seconds: Number(seconds), confirm_seconds: confirm ? CONFIRM_SECONDS : 0, block: mode === "learn" && meanwhile === "block" };
    await run(() => beginMode(wanted));
  }
  return (
    <div class="mode-form">
      {mode === "learn" && <Segments label={words.meanwhile} value={meanwhile} options={words.meanwhiles} onChange={setMeanwhile} />}
      {mode === "lockdown" && <Check class="small" checked={confirm} onChange={setConfirm}>{words.confirm}</Check>}
      <div class="buttons">
        <button type="button" class="primary" disabled={busy} onClick={begin}>{words.begin[mode]}</button>
        <Choice label={words.lasts} value={seconds} options={spansOf(mode)} onChange={setSeconds} />
      </div>
    </div>
  );
}

export function ModeCard({ mode }: { mode: Mode }) {
  const now = running.value;
  const isOn = now?.mode === mode;
  return (
    <Card title={words.names[mode]!} class={`mode ${isOn ? "is-on" : ""}`}>
      <p class="muted"><Words>{words.leads[mode]!}</Words></p>
      {isOn ? (
        <div class="mode-form">
          <p><strong>{words.isOn(whole(now.until))}</strong>{now.by && <span class="muted">, {words.by(now.by)}</span>}</p>
          <div class="buttons"><button type="button" onClick={() => attempt(endMode)}>{words.end}</button></div>
        </div>
      ) : <Begin mode={mode} />}
    </Card>
  );
}
