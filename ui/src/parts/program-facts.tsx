// SPDX-License-Identifier: GPL-3.0-or-later
// Who a program is: all that is known of it, and how.
import type { ComponentChildren } from "preact";
import type { Program } from "../api/types";
import type { Key } from "../filter/filter";
import { lastPart } from "../format/format";
import { text } from "../text/en";
import { Facts } from "./basics";

const words = text.explain;

export type Only = (key: Key, value: string) => ComponentChildren; // what looks for that alone

function containerOf(who: Program): string {
  const runtime = who.container_runtime ? ` (${who.container_runtime})` : "";
  return who.container ? `${who.container}${runtime}` : "";
}

function rowsOf(who: Program, only: Only): [key: string, title: string, value: ComponentChildren][] {
  const mono = (value: string | undefined) => value && <span class="mono wrap">{value}</span>;
  return [
    ["path", words.path, who.path && <>{mono(who.path)}{only("program", lastPart(who.path))}</>],
    ["stable_path", words.stablePath, who.stable_path !== who.path && mono(who.stable_path)],
    ["cmdline", words.commandLine, mono(who.cmdline)],
    ["script", words.script, mono(who.script)],
    ["user", words.user, who.user ? <>{who.user} <span class="muted">uid {who.uid}</span>{only("user", who.user)}</> : `uid ${who.uid}`],
    ["unit", words.unit, who.unit && <><span class="mono">{who.unit}</span>{only("unit", who.unit)}</>],
    ["slice", words.slice, mono(who.slice)],
    ["session", words.session, mono(who.session)],
    ["container", words.container, mono(containerOf(who))],
    ["pod", words.pod, mono(who.pod)],
    ["flatpak", "Flatpak", mono(who.flatpak)],
    ["snap", "Snap", mono(who.snap)],
    ["appimage", "AppImage", mono(who.appimage)],
    ["package", words.package, mono(who.package)],
    ["sha256", "SHA-256", who.sha256 ? mono(who.sha256) : who.examination],
    ["cwd", words.folder, mono(who.cwd)],
    ["pid", words.pid, who.pid ? `pid ${who.pid}` : undefined],
    ["kind", words.kind, who.kind],
    ["method", words.found, [who.method, who.reason].filter(Boolean).join(": ")],
    ["confidence", words.confidence, who.confidence],
  ];
}

export function ProgramFacts(props: { of: Program; only?: Only }) {
  const who = props.of;
  const claimed = new Set(who.claimed ?? []);
  return (
    <>
      <Facts of={rowsOf(who, props.only ?? (() => null)).map(([key, title, value]) =>
        [title, value && claimed.has(key) ? <>{value} <span class="muted small">{words.claimed}</span></> : value])} />
      {(who.parents?.length ?? 0) > 0 && (
        <>
          <h4>{words.ancestors}</h4>
          <ol class="ancestors">{who.parents!.map((parent) => <li key={parent.pid}><span class="mono">{parent.path || "?"}</span> <span class="muted">pid {parent.pid}</span></li>)}</ol>
        </>
      )}
    </>
  );
}
