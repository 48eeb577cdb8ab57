// SPDX-License-Identifier: GPL-3.0-or-later
// The whole order in force. What portreeve keeps can be dragged, or moved by its buttons.
import { useState } from "preact/hooks";
import type { RuleView } from "../../api/types";
import { Ago, Badge, Words } from "../../parts/basics";
import { Icon } from "../../parts/icons";
import { ago, whole } from "../../format/format";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";
import { isOwn, neighbour } from "./order";

const words = text.rules;

interface RuleActs {
  edit: (rule: RuleView) => void;
  remove: (rule: RuleView) => void;
  move: (name: string, before: string) => void;
}

function Buttons(props: { of: RuleView; all: RuleView[]; acts: RuleActs }) {
  const { of: rule, acts } = props;
  const step = (by: -1 | 1) => {
    const before = neighbour(props.all, rule.name!, by);
    return { disabled: before === undefined, onClick: () => acts.move(rule.name!, before!) };
  };
  return (
    <div class="rule-buttons">
      <button type="button" class="plain" {...step(-1)}><Icon name="up" /><span class="sr-only">{words.up}: {rule.name}</span></button>
      <button type="button" class="plain" {...step(1)}><Icon name="down" /><span class="sr-only">{words.down}: {rule.name}</span></button>
      <button type="button" class="plain" onClick={() => acts.edit(rule)}><Icon name="edit" /><span class="sr-only">{words.edit}: {rule.name}</span></button>
      <button type="button" class="plain" onClick={() => acts.remove(rule)}><Icon name="trash" /><span class="sr-only">{words.remove}: {rule.name}</span></button>
    </div>
  );
}

function Detail({ of: rule }: { of: RuleView }) {
  return (
    <div class="rule-detail">
      {rule.text && <pre class="rule-text"><code>{rule.text}</code></pre>}
      <p class="small muted">{words.origin} <span class="mono">{rule.origin}</span></p>
      {!isOwn(rule) && rule.layer !== "default" && <p class="small muted"><Words>{rule.layer === "built-in" ? words.builtIn : rule.layer === "user" ? words.ofUser : words.notOurs}</Words></p>}
    </div>
  );
}

export function RuleList(props: { rules: RuleView[]; all: RuleView[]; acts: RuleActs; chosen?: string | undefined }) {
  const [open, setOpen] = useState<string | undefined>(props.chosen);
  const [dragged, setDragged] = useState<string>();
  const [over, setOver] = useState<string>();
  const canDrop = (rule: RuleView) => dragged !== undefined && isOwn(rule) && rule.name !== dragged;
  let layer = "";
  return (
    <ol class="rule-list">
      {props.rules.map((rule) => {
        const head = rule.layer !== layer && (layer = rule.layer ?? "");
        const movable = isOwn(rule) && mayChange.value;
        return (
          <li key={`${rule.user} ${rule.name}`} class={`${over === rule.name && canDrop(rule) ? "drop-before" : ""} ${dragged === rule.name ? "dragged" : ""}`} draggable={movable}
            onDragStart={(event) => {
              setDragged(rule.name);
              event.dataTransfer?.setData("text/plain", rule.name ?? "");
            }}
            onDragEnd={() => (setDragged(undefined), setOver(undefined))}
            onDragOver={(event) => {
              if (!canDrop(rule)) return;
              event.preventDefault();
              setOver(rule.name);
            }}
            onDrop={(event) => {
              event.preventDefault();
              if (canDrop(rule)) props.acts.move(dragged!, rule.name!);
            }}>
            {head && <p class="layer">{words.layers[head] ?? head}</p>}
            <div class="rule-line">
              <span class="grip">{movable && <Icon name="grip" />}</span>
              <span class="num muted place">{rule.position || ""}</span>
              <button type="button" class="rule-name" aria-expanded={open === rule.name} onClick={() => setOpen(open === rule.name ? undefined : rule.name)}>{rule.name}</button>
              {rule.expires && <span class="small muted" title={whole(rule.expires)}>{words.expires} {ago(rule.expires)}</span>}
              <span class="small muted hits">{rule.hits > 0 ? <><span class="num">{words.hits(rule.hits)}</span>{rule.last_used && <>, <Ago time={rule.last_used} /></>}</> : words.noHits}</span>
              <Badge of={rule.action} />
              {movable ? <Buttons of={rule} all={props.all} acts={props.acts} /> : <span class="rule-buttons" />}
            </div>
            {open === rule.name && <Detail of={rule} />}
          </li>
        );
      })}
    </ol>
  );
}
