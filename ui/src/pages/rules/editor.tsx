// SPDX-License-Identifier: GPL-3.0-or-later
// One rule, as a form or as text; tried before it is in force.
import { useMemo, useState } from "preact/hooks";
import { Problem } from "../../api/client";
import type { ReplayOutcome } from "../../api/types";
import { Check, Choice, Loading, Segments } from "../../parts/basics";
import { Drawer } from "../../parts/drawer";
import { Field } from "../../parts/field";
import { tryRule } from "../../rules/changes";
import { badPort, EMPTY, formOf, mistakesIn, textOfForm, type FormFields } from "../../rules/form";
import { Outcome } from "../../rules/outcome";
import { attempt } from "../../state/notices";
import { text } from "../../text/en";

const words = text.rules;
const CONFIRM_SECONDS = 60;
const REFUSED = 400; // for what the rule says

function Form(props: { of: FormFields; onChange: (fields: FormFields) => void; error: { name?: string; port?: string } }) {
  const set = (key: keyof FormFields) => (value: string) => props.onChange({ ...props.of, [key]: value });
  const of = props.of;
  return (
    <div class="rule-form">
      <Field label={words.name} value={of.name} onChange={set("name")} error={props.error.name} />
      <div class="field-row">
        <Choice label={words.action} value={of.action} options={words.actions} onChange={set("action")} />
        <Choice label={words.lasts} value={of.for} options={text.explain.spans} onChange={set("for")} />
      </div>
      <Field label={words.program} hint={words.programHint} value={of.program} onChange={set("program")} />
      <Field label={words.user} value={of.user} onChange={set("user")} />
      <div class="field-row">
        <Choice label={words.direction} value={of.direction} options={words.directions} onChange={set("direction")} />
        <Choice label={words.protocol} value={of.protocol} options={words.protocols} onChange={set("protocol")} />
        <Choice label={words.scope} value={of.scope} options={words.scopes} onChange={set("scope")} />
      </div>
      <Field label={words.domain} hint={words.domainHint} value={of.domain} onChange={set("domain")} />
      <Field label={words.address} hint={words.addressHint} value={of.address} onChange={set("address")} />
      <Field label={words.port} hint={words.portHint} value={of.port} onChange={set("port")} error={props.error.port} />
    </div>
  );
}

function TextField(props: { value: string; onChange: (value: string) => void; mistakes: ReturnType<typeof mistakesIn> }) {
  const wrong = new Map(props.mistakes.at.map((mistake) => [mistake.line, mistake]));
  const lines = props.value.split("\n");
  return (
    <div class="field">
      <label for="rule-toml">{words.textLabel}</label>
      <div class="code-field">
        <ol aria-hidden="true">{lines.map((_, at) => <li key={at} class={wrong.has(at + 1) ? "wrong" : ""}>{at + 1}</li>)}</ol>
        <textarea id="rule-toml" rows={Math.max(8, lines.length + 1)} spellcheck={false} autocapitalize="off" value={props.value} aria-invalid={wrong.size > 0} aria-describedby="rule-mistakes"
          onInput={(event) => props.onChange(event.currentTarget.value)} />
      </div>
      <div id="rule-mistakes" role="alert">
        {props.mistakes.at.map((mistake) => <p key={mistake.line} class="field-error"><strong>{words.line(mistake.line)}:</strong> {mistake.words}</p>)}
        {props.mistakes.rest && <p class="field-error">{props.mistakes.rest}</p>}
      </div>
      <p class="small muted">{words.textHint}</p>
    </div>
  );
}

interface EditorProps {
  title: string;
  toml: string; // empty: a new rule
  onSave: (toml: string, confirmSeconds: number) => Promise<void>;
  onClose: () => void;
}

export function RuleEditor(props: EditorProps) {
  const first = useMemo(() => (props.toml ? formOf(props.toml) : EMPTY), []);
  const [fields, setFields] = useState<FormFields | undefined>(first);
  const [toml, setToml] = useState(props.toml);
  const [mode, setMode] = useState<"form" | "text">(first ? "form" : "text");
  const [confirm, setConfirm] = useState(false);
  const [busy, setBusy] = useState<"" | "try" | "save">("");
  const [outcome, setOutcome] = useState<ReplayOutcome>();
  const [refusal, setRefusal] = useState("");
  const [checked, setChecked] = useState(false);
  const now = mode === "form" && fields ? textOfForm(fields) : toml;
  const port = fields && badPort(fields.port);
  const errors = mode === "form" ? { ...(checked && !fields?.name.trim() ? { name: words.needsName } : {}), ...(port ? { port: words.badPort(port) } : {}) } : {};

  function change(next: string) {
    if (next === "text") setToml(now);
    else setFields(formOf(toml));
    setMode(next as "form" | "text");
    setRefusal("");
  }
  async function act(what: "try" | "save") {
    setChecked(true);
    if (mode === "form" && (!fields?.name.trim() || port)) return;
    setBusy(what);
    setRefusal("");
    await attempt(async () => {
      try {
        if (what === "try") setOutcome(await tryRule(now));
        else await props.onSave(now, confirm ? CONFIRM_SECONDS : 0);
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== REFUSED) throw error;
        setRefusal(error.message);
      }
    });
    setBusy("");
  }
  const canForm = mode === "form" || formOf(toml) !== undefined || !toml.trim();
  const mistakes = mistakesIn(refusal);
  return (
    <Drawer title={props.title} subject={props.title} onClose={props.onClose}>
      <div class="editor">
        {canForm && <Segments label={words.edit} value={mode} options={{ form: words.form, text: words.text }} onChange={change} />}
        {mode === "form" && fields ? <Form of={fields} onChange={setFields} error={errors} /> : <TextField value={toml} onChange={setToml} mistakes={mistakes} />}
        {mode === "form" && refusal && <p class="field-error" role="alert">{refusal}</p>}
        {mode === "form" && <details><summary>{words.textLabel}</summary><pre class="rule-text"><code>{now}</code></pre></details>}
        <Check checked={confirm} onChange={setConfirm}>{words.saveConfirm}</Check>
        <div class="buttons">
          <button type="button" disabled={!!busy} onClick={() => act("try")}>{words.try}</button>
          <button type="button" class="primary" disabled={!!busy} onClick={() => act("save")}>{words.save}</button>
        </div>
        {busy === "try" && <Loading words={words.trying} />}
        {outcome && !busy && <Outcome of={outcome} />}
      </div>
    </Drawer>
  );
}
