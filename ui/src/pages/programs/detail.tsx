// SPDX-License-Identifier: GPL-3.0-or-later
// One program: what it did, under which names, and the switches that steer it.
import type { HistoryGroup, RuleView } from "../../api/types";
import { Ago, Badge, Facts, Failed, Loading } from "../../parts/basics";
import { useBusy } from "../../parts/busy";
import { Drawer } from "../../parts/drawer";
import { bytes, short, whole } from "../../format/format";
import { listNames } from "../../rules/lists-known";
import { addRule, lookAtRules, removeRule } from "../../rules/changes";
import { say } from "../../state/notices";
import { usePolled } from "../../state/polling";
import { hashOf } from "../../state/route";
import { mayChange } from "../../state/session";
import { termText } from "../../filter/filter";
import { text } from "../../text/en";
import { groups, lately, type ProgramRow } from "./data";
import { ruleName, switchRule, SWITCHES, type SwitchName } from "./switches";

const words = text.programs;
const EVERY_MS = 10_000;
const MOST = 12;

const different = (values: (string | undefined)[]) => [...new Set(values.filter((value): value is string => !!value))].join(", ");

function Bars(props: { of: HistoryGroup[]; none: string; href: (key: string) => string }) {
  if (props.of.length === 0) return <p class="muted">{props.none}</p>;
  const most = Math.max(...props.of.map(({ connections }) => connections));
  return (
    <ul class="bars">
      {props.of.slice(0, MOST).map((group) => (
        <li key={group.key}>
          <a href={props.href(group.key!)} class="wrap">{group.key}</a>
          <span class="num muted">{short(group.connections)}{group.refused > 0 && <> <Badge of="block">{words.blocked(short(group.refused))}</Badge></>}</span>
          <meter min={0} max={most} value={group.connections} aria-label={`${group.key}: ${group.connections}`} />
        </li>
      ))}
    </ul>
  );
}

function Switch(props: { name: SwitchName; path: string; who: string; on: boolean; lists: string[]; onDone: () => void }) {
  const { busy, run } = useBusy();
  const title = words.switchNames[props.name]!;
  const rule = ruleName(props.name, props.path);
  const impossible = props.name === "lists" && props.lists.length === 0 && !props.on;
  const turnOn = () => addRule(switchRule(props.name, props.path, props.lists));
  async function turn() {
    await run(async () => {
      if (props.on) {
        await removeRule(rule);
        say(words.switchOff(title, props.who), async () => void (await turnOn(), props.onDone()));
      } else {
        await turnOn();
        say(words.switchOn(title, props.who), async () => void (await removeRule(rule), props.onDone()));
      }
    });
    props.onDone();
  }
  return (
    <li>
      <button type="button" role="switch" aria-checked={props.on} disabled={busy || impossible || !mayChange.value} onClick={turn} aria-describedby={`switch-${props.name}`}>
        <span class="knob" aria-hidden="true" />{title}
      </button>
      <p id={`switch-${props.name}`} class="small muted">{impossible ? words.noLists : words.switchHints[props.name]}</p>
    </li>
  );
}

const namesIt = (rule: RuleView, path: string) => (rule.text ?? "").includes(`"${path}"`);

export function ProgramDetail(props: { of: ProgramRow; since: string; onClose: () => void }) {
  const { path, name } = props.of;
  const who = name || words.unknown;
  const names = usePolled(() => groups("domain", { program: path, since: props.since, limit: 100 }), EVERY_MS, [path, props.since]);
  const targets = usePolled(() => groups("remote", { program: path, since: props.since, limit: MOST }), EVERY_MS, [path, props.since]);
  const seen = usePolled(lookAtRules, EVERY_MS, [path]);
  const lists = usePolled(listNames, 60_000);
  const rules = (seen.value.value?.rules ?? []).filter((rule) => namesIt(rule, path));
  const recent = lately(path);
  const on = (one: SwitchName) => rules.some((rule) => rule.name === ruleName(one, path));
  return (
    <Drawer title={who} subject={path} onClose={props.onClose}>
      <Facts of={[
        [text.explain.path, path && <span class="mono wrap">{path}</span>],
        [words.firstSeen, <><Ago time={props.of.first} /> <span class="muted small">{whole(props.of.first)}</span></>],
        [words.lastSeen, <Ago time={props.of.last} />],
        [text.connections.title, <><a href={hashOf("connections", { filter: termText("program", path || "none") })}>{words.connections(props.of.connections)}</a> {props.of.refused > 0 && <Badge of="block">{words.blocked(short(props.of.refused))}</Badge>}</>],
        [words.received, bytes(props.of.bytes_in)],
        [words.sent, bytes(props.of.bytes_out)],
        [words.users, different(recent.map((c) => c.process?.user))],
        [words.unit, different(recent.map((c) => c.process?.unit))],
        [words.kind, different(recent.map((c) => c.process?.kind))],
      ]} />
      {path && (
        <section class="block">
          <h3>{words.switches}</h3>
          <ul class="switches">{SWITCHES.map((one) => <Switch key={one} name={one} path={path} who={who} on={on(one)} lists={lists.value.value ?? []} onDone={() => void seen.look()} />)}</ul>
          <p class="small muted">{words.switchesHint}</p>
        </section>
      )}
      <section class="block">
        <h3>{words.names}</h3>
        {names.error.value && <Failed words={names.error.value} />}
        {!names.value.value ? <Loading /> : <Bars of={names.value.value.filter(({ key }) => key)} none={words.noNames} href={(key) => hashOf("connections", { filter: `${termText("program", name)} ${termText("domain", key)}` })} />}
      </section>
      <section class="block">
        <h3>{words.targets}</h3>
        {!targets.value.value ? <Loading /> : <Bars of={targets.value.value} none={text.map.empty} href={(key) => hashOf("connections", { filter: `${termText("program", name)} ${termText("remote", key)}` })} />}
      </section>
      <section class="block">
        <h3>{words.rules}</h3>
        {rules.length === 0 ? <p class="muted">{words.noRules}</p> : <ul class="plain-list">{rules.map((rule) => <li key={rule.name}><Badge of={rule.action} /> <a href={hashOf("rules", { rule: rule.name })}>{rule.name}</a> <span class="muted small">{text.rules.hits(rule.hits)}</span></li>)}</ul>}
      </section>
    </Drawer>
  );
}
