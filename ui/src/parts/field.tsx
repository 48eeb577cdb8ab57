// SPDX-License-Identifier: GPL-3.0-or-later
// One line of text to fill in; what is wrong with it stands where its hint does.
import { useId } from "preact/hooks";

export function Field(props: { label: string; hint?: string; value: string; onChange: (value: string) => void; error?: string | undefined }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input id={id} type="text" value={props.value} autocomplete="off" spellcheck={false} aria-describedby={`${id}-hint`} aria-invalid={!!props.error} onInput={(event) => props.onChange(event.currentTarget.value)} />
      <p id={`${id}-hint`} class={props.error ? "field-error" : "small muted"} role={props.error ? "alert" : undefined}>{props.error || props.hint}</p>
    </div>
  );
}
