// SPDX-License-Identifier: GPL-3.0-or-later
// The rules that one could make from a connection.
import { useState } from "preact/hooks";
import type { Connection, ReplayOutcome } from "../../api/types";
import { Choice, Loading, Segments } from "../../parts/basics";
import { addRule, removeRule, tryRule } from "../../rules/changes";
import { Outcome } from "../../rules/outcome";
import { opposite, suggestions, type Action, type Suggestion } from "../../rules/suggest";
import { freeName, ruleText } from "../../rules/toml";
import { attempt, say } from "../../state/notices";
import { text } from "../../text/en";

const words = text.explain;

async function add(suggestion: Suggestion, span: string): Promise<void> {
  const { rule, affected } = await addRule((rules) => {
    const name = freeName(suggestion.parts.name, rules.map((one) => one.name ?? ""));
    return ruleText({ ...suggestion.parts, name, ...(span ? { for: span } : {}) });
  });
  const name = rule?.name ?? "";
  say(words.added(name, affected), async () => void (await removeRule(name)));
}

function One({ of, span }: { of: Suggestion; span: string }) {
  const [open, setOpen] = useState(false);
  const [trying, setTrying] = useState(false);
  const [adding, setAdding] = useState(false);
  const [outcome, setOutcome] = useState<ReplayOutcome>();
  const toml = ruleText({ ...of.parts, ...(span ? { for: span } : {}) });
  async function tryIt() {
    setTrying(true);
    await attempt(async () => setOutcome(await tryRule(toml)));
    setTrying(false);
  }
  async function take() {
    setAdding(true);
    await attempt(() => add(of, span));
    setAdding(false);
  }
  return (
    <li>
      <button type="button" class="suggestion" aria-expanded={open} onClick={() => setOpen(!open)}>{of.words}</button>
      {open && (
        <div class="suggestion-body">
          <pre class="rule-text"><code>{toml}</code></pre>
          <div class="buttons">
            <button type="button" disabled={trying} onClick={tryIt}>{words.tryIt}</button>
            <button type="button" class="primary" disabled={adding} onClick={take}>{words.add}</button>
          </div>
          {trying && <Loading words={words.trying} />}
          {outcome && !trying && <Outcome of={outcome} />}
        </div>
      )}
    </li>
  );
}

export function RuleMaker({ of }: { of: Connection }) {
  const [action, setAction] = useState<Action>(opposite(of));
  const [span, setSpan] = useState("");
  const made = suggestions(of, action);
  if (made.length === 0) return null;
  return (
    <section class="block">
      <h3>{words.makeRule}</h3>
      <div class="buttons">
        <Segments label={words.action} value={action} options={text.suggest.verb} onChange={setAction} />
        <Choice label={words.addFor} value={span} options={words.spans} onChange={setSpan} />
      </div>
      <ul class="suggestions">{made.map((one) => <One key={`${one.parts.name} ${span}`} of={one} span={span} />)}</ul>
    </section>
  );
}
