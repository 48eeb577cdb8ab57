// SPDX-License-Identifier: GPL-3.0-or-later
// Where a filter is typed, with what could come next below it (a combobox of WAI-ARIA 1.2).
import { useEffect, useRef, useState } from "preact/hooks";
import type { Connection } from "../api/types";
import { complete, type Completion } from "../filter/complete";
import { parseFilter } from "../filter/filter";
import { count } from "../format/format";
import { text } from "../text/en";
import { Icon } from "./icons";

export function FilterBox(props: { value: string; onChange: (value: string) => void; known: () => Iterable<Connection> }) {
  const input = useRef<HTMLInputElement>(null);
  const [offered, setOffered] = useState<Completion[]>([]);
  const [chosen, setChosen] = useState(-1);
  const caret = useRef<number>();
  const [mistake] = parseFilter(props.value).mistakes;

  useEffect(() => {
    if (caret.current === undefined) return;
    input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
    offer();
  }, [props.value]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  function offer() {
    const element = input.current!;
    setOffered(complete(element.value, element.selectionStart ?? element.value.length, props.known()));
    setChosen(-1);
  }
  const close = () => setOffered([]);
  function take(one: Completion) {
    caret.current = one.caret;
    input.current?.focus();
    props.onChange(one.text);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape" && offered.length) {
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!offered.length) return offer();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((chosen + step + offered.length) % offered.length);
    } else if (event.key === "Enter" && offered[chosen]) {
      event.preventDefault();
      take(offered[chosen]!);
    } else if (event.key === "Tab" && offered[chosen] && !event.shiftKey) {
      event.preventDefault();
      take(offered[chosen]!);
    } else if (event.key === "Enter") close();
  }
  return (
    <div class="filter-box" role="search">
      <Icon name="search" />
      <input
        ref={input} type="text" role="combobox" aria-label={text.connections.filter} aria-autocomplete="list" aria-controls="filter-offers"
        aria-expanded={offered.length > 0} aria-activedescendant={chosen >= 0 ? `filter-offer-${chosen}` : undefined}
        aria-invalid={!!mistake} aria-describedby="filter-mistake" autocomplete="off" autocapitalize="off" spellcheck={false}
        placeholder={text.connections.placeholder} value={props.value}
        onInput={(event) => {
          props.onChange(event.currentTarget.value);
          offer();
        }}
        onFocus={offer} onClick={offer} onBlur={close} onKeyDown={onKeyDown}
      />
      {props.value && <button type="button" class="plain" onClick={() => props.onChange("")}><Icon name="close" /><span class="sr-only">{text.connections.clear}</span></button>}
      <ul id="filter-offers" role="listbox" aria-label={text.connections.filter} class="offers" hidden={offered.length === 0}>
        {offered.map((one, at) => (
          <li key={one.shown} id={`filter-offer-${at}`} role="option" aria-selected={at === chosen} onPointerDown={(event) => {
            event.preventDefault(); // the field keeps the focus
            take(one);
          }}>
            <code>{one.shown}</code>{one.seen !== undefined && <span class="muted">{count(one.seen)}</span>}
          </li>
        ))}
      </ul>
      <p id="filter-mistake" class="field-error" role="status">{mistake ? text.connections.unknownField(mistake.word, mistake.known.join(", ")) : ""}</p>
    </div>
  );
}

