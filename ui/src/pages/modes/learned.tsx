// SPDX-License-Identifier: GPL-3.0-or-later
// The rules that would cover what was learned, to accept.
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { Forgotten, Learned as Proposals, LearnedRule } from "../../api/types";
import { Ago, Card, Check, Empty, Looking, Words } from "../../parts/basics";
import { useBusy } from "../../parts/busy";
import { addRule, undoable } from "../../rules/changes";
import { say } from "../../state/notices";
import { usePolled, type Polled } from "../../state/polling";
import { text } from "../../text/en";

const words = text.modes;
const EVERY_MS = 4000;

const forget = () => ask<Forgotten>("mode/forget", { method: "POST", body: {} });

async function accept(taken: LearnedRule[], rest: number): Promise<void> {
  const { undo } = await undoable(() => addRule(taken.map(({ toml }) => toml ?? "").join("\n")));
  say(words.accepted(taken.length, rest), undo); // they are in force, whatever becomes of what was noted
  await forget();
}

function One(props: { of: LearnedRule; taken: boolean; onTake: (taken: boolean) => void }) {
  const { of } = props;
  return (
    <li class={props.taken ? "" : "left-out"}>
      <Check checked={props.taken} onChange={props.onTake}><strong>{of.name}</strong></Check>
      <p class="small muted">{words.covers(of.connections ?? 0, of.kinds ?? 0)}, <Ago time={of.last} />{of.examples?.length ? `: ${of.examples.join(", ")}` : ""}</p>
      <pre class="diff"><code>{(of.toml ?? "").trimEnd().split("\n").map((line, at) => <span key={at} class="came">+{line}{"\n"}</span>)}</code></pre>
    </li>
  );
}

function Proposed({ of, seen }: { of: LearnedRule[]; seen: Polled<Proposals> }) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const { busy, run } = useBusy();
  const taken = of.filter(({ name }) => !left.has(name ?? ""));
  function take(name: string, yes: boolean) {
    const next = new Set(left);
    if (yes) next.delete(name);
    else next.add(name);
    setLeft(next);
  }
  // Busy until it is seen what is left: nothing is accepted twice.
  const act = (what: () => Promise<void>) => run(() => what().finally(seen.look));
  return (
    <>
      <ul class="learned">{of.map((one) => <One key={one.name} of={one} taken={!left.has(one.name ?? "")} onTake={(yes) => take(one.name ?? "", yes)} />)}</ul>
      <div class="buttons">
        <button type="button" class="primary" disabled={busy || taken.length === 0} onClick={() => act(() => accept(taken, of.length - taken.length))}>{words.accept(taken.length)}</button>
        <button type="button" disabled={busy} onClick={() => act(async () => say(words.forgotten((await forget()).kinds ?? 0)))}>{words.forget}</button>
      </div>
    </>
  );
}

export function Learned() {
  const seen = usePolled(() => ask<Proposals>("mode/review"), EVERY_MS);
  const rules = seen.value.value?.rules;
  return (
    <Card title={words.learned} class="wide">
      <Looking of={seen} />
      {rules && rules.length === 0 && <Empty words={words.nothingLearned} hint={words.nothingLearnedHint} icon="rules" />}
      {rules && rules.length > 0 && <><p class="muted learned-hint"><Words>{words.learnedHint}</Words></p><Proposed of={rules} seen={seen} /></>}
    </Card>
  );
}
