// SPDX-License-Identifier: GPL-3.0-or-later
// What one can answer: how long, about what, and the word itself.
import type { Prompt } from "../../api/types";
import { scopeWords } from "../../format/prompt";
import { text } from "../../text/en";
import type { Choice, Deed } from "./keys";

const words = text.prompts;

function Radios(props: { name: string; legend: string; value: string; options: [value: string, words: string][]; onChange: (value: string) => void }) {
  return (
    <fieldset class="radios">
      <legend>{props.legend}</legend>
      {props.options.map(([value, label]) => (
        <label key={value} class="radio">
          <input type="radio" name={props.name} value={value} checked={props.value === value} onChange={() => props.onChange(value)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

const CLASSES: Record<string, string> = { allow: "allow", block: "refuse", drop: "refuse" };
const Key = (props: { of: string }) => <kbd aria-hidden="true">{props.of}</kbd>;

export function Answers(props: { prompt: Prompt; choice: Choice; ready: boolean; keys: boolean; onDeed: (deed: Deed) => void }) {
  const { prompt, choice, onDeed } = props;
  const choose = (changed: Partial<Choice>) => onDeed({ kind: "choose", choice: { ...choice, ...changed } });
  return (
    <form class="answers" onSubmit={(event) => event.preventDefault()}>
      <Radios name="lifetime" legend={words.howLong} value={choice.lifetime} onChange={(lifetime) => choose({ lifetime })}
        options={(prompt.lifetimes ?? []).map((one) => [one, words.lifetime(one)])} />
      <Radios name="scope" legend={words.about} value={choice.scope} onChange={(scope) => choose({ scope })}
        options={(prompt.scopes ?? []).map((one) => [one, scopeWords(prompt, one)])} />
      <div class="answer-buttons">
        {(prompt.actions ?? []).map((action) => (
          <button key={action} type="button" class={`answer ${CLASSES[action] ?? ""}`} title={words.actionHints[action]} disabled={!props.ready}
            onClick={() => onDeed({ kind: "answer", action: action as "allow" | "block" | "drop" })}>
            {words.actions[action] ?? action}{props.keys && <Key of={action[0]!} />}
          </button>
        ))}
        <button type="button" class="answer" title={words.dismissHint} disabled={!props.ready} onClick={() => onDeed({ kind: "dismiss" })}>
          {words.dismiss}{props.keys && <Key of="n" />}
        </button>
      </div>
      {props.keys && (
        <p class="keys small muted">
          <Key of="1" />–<Key of={String(prompt.lifetimes?.length ?? 1)} /> {words.keys.lifetime} <Key of="s" /> {words.keys.scope} <Key of="j" /> <Key of="k" /> {words.keys.move}
        </p>
      )}
    </form>
  );
}
