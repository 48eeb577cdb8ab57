// SPDX-License-Identifier: GPL-3.0-or-later
import { text } from "../text/en";
import { Icon } from "./icons";

export function FindBox(props: { label: string; value: string; onChange: (value: string) => void; hint?: string }) {
  return (
    <div class="filter-box" role="search">
      <Icon name="search" />
      <input type="text" aria-label={props.label} placeholder={props.hint ?? props.label} autocomplete="off" spellcheck={false} value={props.value}
        onInput={(event) => props.onChange(event.currentTarget.value)} />
      {props.value && <button type="button" class="plain" onClick={() => props.onChange("")}><Icon name="close" /><span class="sr-only">{text.connections.clear}</span></button>}
    </div>
  );
}
