// SPDX-License-Identifier: GPL-3.0-or-later
// How one likes these pages, in this browser alone.
import type { Signal } from "@preact/signals";
import { Card, Check, Choice } from "../../parts/basics";
import { NotifyButton } from "../../parts/notify-button";
import { ThemeChoice } from "../../parts/theme-choice";
import { answerKeys, TIMES, times } from "../../state/choices";
import type { YesNo } from "../../state/kept";
import { text } from "../../text/en";

const words = text.settings;

function Setting(props: { of: Signal<YesNo>; label: string; hint: string }) {
  return (
    <div>
      <Check checked={props.of.value === "yes"} onChange={(yes) => (props.of.value = yes ? "yes" : "no")}>{props.label}</Check>
      <p class="small muted">{props.hint}</p>
    </div>
  );
}

export function Choices() {
  return (
    <Card title={words.here}>
      <p class="small muted">{words.hereHint}</p>
      <div class="choices">
        <ThemeChoice />
        <Choice label={words.times} value={times.value} options={words.timesOptions} onChange={(next) => (times.value = next as (typeof TIMES)[number])} />
        <Setting of={answerKeys} label={words.keys} hint={words.keysHint} />
        <div><div class="buttons"><span>{words.notify}</span><NotifyButton /></div><p class="small muted">{text.prompts.notifyHint}</p></div>
      </div>
    </Card>
  );
}
