// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for a while instead of the rules, and which profile of them is in force.
import { PageHead } from "../../parts/basics";
import { MODES } from "../../state/modes";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";
import { Learned } from "./learned";
import { ModeCard } from "./mode-card";
import { Profiles } from "./profiles";

const words = text.modes;

export function Modes() {
  return (
    <>
      <PageHead title={words.title} />
      <div class="stack">
        {mayChange.value ? <><div class="modes">{MODES.map((mode) => <ModeCard key={mode} mode={mode} />)}</div><Learned /></> : <p class="hint">{words.onlyChangers}</p>}
        <Profiles />
      </div>
    </>
  );
}
