// SPDX-License-Identifier: GPL-3.0-or-later
// Small parts that every page uses.
import { useEffect } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { ago, whole } from "../format/format";
import { times } from "../state/choices";
import type { Polled } from "../state/polling";
import { pageTitle } from "../state/title";
import { text } from "../text/en";
import { useNow } from "./clock";
import { Icon, type IconName } from "./icons";

export function Card(props: { title?: string; extra?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`card ${props.class ?? ""}`} aria-label={props.title}>
      {(props.title || props.extra) && (
        <div class="card-head">
          {props.title && <h2>{props.title}</h2>}
          {props.extra}
        </div>
      )}
      {props.children}
    </section>
  );
}

export function PageHead(props: { title: string; children?: ComponentChildren }) {
  useEffect(() => {
    pageTitle.value = props.title;
  }, [props.title]);
  return (
    <header class="page-head">
      <h1 id="page-title" tabIndex={-1}>{props.title}</h1>
      {props.children && <div class="page-tools">{props.children}</div>}
    </header>
  );
}

const TONES: Record<string, string> = {
  allow: "good", running: "good", enforcing: "good", good: "good",
  block: "bad", stopped: "bad", failing: "bad",
  drop: "warn", degraded: "warn", starting: "warn",
  gate17: "other", nameserver: "quiet",
};
export const toneOf = (word: string | undefined) => TONES[word ?? ""] ?? "quiet";

export const Badge = (props: { of: string | undefined; children?: ComponentChildren }) => (
  <span class={`badge ${toneOf(props.of)}`}>{props.children ?? text.verdict[props.of ?? ""] ?? props.of}</span>
);

export const Dot = (props: { tone: string }) => <span class={`dot ${props.tone}`} aria-hidden="true" />;

export function Empty(props: { words: string; hint?: string | undefined; icon?: IconName }) {
  return (
    <div class="empty">
      <Icon name={props.icon ?? "quiet"} />
      <p>{props.words}</p>
      {props.hint && <p class="muted"><Words>{props.hint}</Words></p>}
    </div>
  );
}

export function Failed(props: { words: string; retry?: () => void }) {
  return (
    <div class="failed" role="alert">
      <p>{props.words}</p>
      {props.retry && <button type="button" onClick={props.retry}>{text.retry}</button>}
    </div>
  );
}

export const Loading = (props: { words?: string }) => (
  <p class="loading" role="status"><span class="spinner" aria-hidden="true" />{props.words ?? text.loading}</p>
);

// What is said until something is there to be shown, and when the latest look for it failed.
export function Looking({ of }: { of: Polled<unknown> }) {
  if (of.error.value) return <Failed words={of.error.value} />;
  return of.value.value === undefined ? <Loading /> : null;
}

// A table that may be wider than where it stands; the keyboard scrolls it too.
export const ScrollTable = (props: { label: string; class?: string; children: ComponentChildren }) => (
  <div class="scroll-x" tabIndex={0} role="group" aria-label={props.label}>
    <table class={`plain ${props.class ?? ""}`}>{props.children}</table>
  </div>
);

export const TableHead = (props: { of: ComponentChildren[] }) => (
  <thead><tr>{props.of.map((title, at) => <th scope="col" key={at}>{title}</th>)}</tr></thead>
);

// "3 min ago", or the whole time, as one likes; the other where one rests on it. Counts on by itself.
export function Ago(props: { time: string | undefined }) {
  useNow(10_000); // draws it anew; what is drawn in between may be newer than that
  if (!props.time) return null;
  const words = [ago(props.time), whole(props.time)];
  if (times.value === "absolute") words.reverse();
  return <time dateTime={props.time} title={words[1]}>{words[0]}</time>;
}

export function Choice<T extends string>(props: { label: string; value: T; options: Record<string, string>; onChange: (value: T) => void; hideLabel?: boolean }) {
  return (
    <label class="choice">
      <span class={props.hideLabel ? "sr-only" : ""}>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value as T)}>
        {Object.entries(props.options).map(([value, words]) => <option key={value} value={value}>{words}</option>)}
      </select>
    </label>
  );
}

export const Check = (props: { checked: boolean; onChange: (checked: boolean) => void; class?: string; children: ComponentChildren }) => (
  <label class={`check ${props.class ?? ""}`}>
    <input type="checkbox" checked={props.checked} onChange={(event) => props.onChange(event.currentTarget.checked)} />{props.children}
  </label>
);

export function Segments<T extends string>(props: { label: string; value: T; options: Record<string, string>; onChange: (value: T) => void }) {
  return (
    <div class="segments" role="group" aria-label={props.label}>
      {Object.entries(props.options).map(([value, words]) => (
        <button type="button" key={value} aria-pressed={props.value === value} onClick={() => props.onChange(value as T)}>{words}</button>
      ))}
    </div>
  );
}

// `code` in a text is shown as code.
export function Words(props: { children: string }) {
  return <>{props.children.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</>;
}

export function Facts(props: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {props.of.filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false).map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}
