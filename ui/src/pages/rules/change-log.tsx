// SPDX-License-Identifier: GPL-3.0-or-later
import { ask } from "../../api/client";
import type { ChangeLog as Log, ChangeView } from "../../api/types";
import { Ago, Card, Empty, Failed, Looking } from "../../parts/basics";
import { undoable, undoChange } from "../../rules/changes";
import { attempt, say } from "../../state/notices";
import type { Polled } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";

const words = text.rules;

export const lookAtLog = () => ask<Log>("changes", { query: { limit: 200 } });

const lineClass = (line: string) => (line.startsWith("+") ? "came" : line.startsWith("-") ? "went" : "");

function Entry({ of, onDone }: { of: ChangeView; onDone: () => void }) {
  const takeBack = () =>
    attempt(async () => {
      const { made, undo } = await undoable(() => undoChange(of.number));
      say(words.tookBack(of.number, made.what ?? ""), undo && (async () => {
        await undo();
        onDone();
      }));
      onDone();
    });
  const diff = (of.diff ?? "").split("\n").filter(Boolean);
  return (
    <li>
      <div class="log-line">
        <span class="num muted">{of.number}</span>
        <p>{of.what}{of.undoes > 0 && <span class="muted"> ({words.undoes(of.undoes)})</span>}<br /><span class="small muted"><Ago time={of.time} />, {of.who}</span></p>
        {of.undone ? <span class="small muted">{words.undone}</span> : mayChange.value && <button type="button" onClick={takeBack}>{words.undo}<span class="sr-only"> {of.number}</span></button>}
      </div>
      {diff.length > 0 && <details><summary class="small">{words.diff} ({words.lines(diff.length)})</summary><pre class="diff"><code>{diff.map((line, at) => <span key={at} class={lineClass(line)}>{line}{"\n"}</span>)}</code></pre></details>}
    </li>
  );
}

export function ChangeLog({ log, onDone }: { log: Polled<Log>; onDone: () => void }) {
  const value = log.value.value;
  const entries = [...(value?.changes ?? [])].reverse();
  return (
    <Card title={words.log}>
      <Looking of={log} />
      {(value?.broken_at ?? 0) > 0 && <Failed words={words.logBroken(value!.broken_at)} />}
      {value && entries.length === 0 && <Empty words={words.logEmpty} icon="rules" />}
      <ol class="log">{entries.map((entry) => <Entry key={entry.number} of={entry} onDone={onDone} />)}</ol>
    </Card>
  );
}
