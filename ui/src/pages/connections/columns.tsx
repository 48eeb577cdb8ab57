// SPDX-License-Identifier: GPL-3.0-or-later
import type { ComponentChildren } from "preact";
import type { Connection } from "../../api/types";
import { Badge } from "../../parts/basics";
import type { Column } from "../../parts/long-table";
import { Icon } from "../../parts/icons";
import { arrowOf, portOf } from "../../format/connection";
import { bytes, clock, lastPart, short, whole } from "../../format/format";
import { text } from "../../text/en";
import type { GroupBy, Line } from "./grouping";

const titles = text.connections.columns;

function Program({ of }: { of: Connection }) {
  const path = of.process?.path;
  const name = lastPart(path) || of.process?.name || (of.process?.kind && of.process.kind !== "program" ? of.process.kind : text.connections.unknownProgram);
  return <span title={of.process?.cmdline || path}>{name}</span>;
}

function Target({ of }: { of: Connection }) {
  return (
    <>
      <span class={`arrow ${of.direction}`} aria-hidden="true">{arrowOf(of.direction)}</span>
      <span class="sr-only">{text.direction[of.direction ?? ""]}</span>
      {of.domain ? <span title={of.remote?.address}>{of.domain}</span> : <span class="mono">{of.remote?.address}</span>}
    </>
  );
}

const Verdict = ({ of }: { of: Connection }) => {
  const way = of.verdict?.action === "gate17" ? of.verdict.way : undefined;
  return <Badge of={of.verdict?.action}>{way && <span title={text.connections.byWay(way)}><span class="sr-only">{text.verdict.gate17} </span>{way}</span>}</Badge>;
};

const Traffic = (props: { received: number; sent: number }) =>
  props.received + props.sent > 0 ? <span class="num">{bytes(props.received)} / {bytes(props.sent)}</span> : <span class="muted">–</span>;

function groupTitle(key: string, by: GroupBy): string {
  if (key) return by === "program" ? lastPart(key) : key;
  return by === "program" ? text.connections.unknownProgram : text.connections.unnamed;
}

function firstCell(line: Line, open: (key: string) => boolean, by: GroupBy) {
  if (line.kind === "connection") return <time class="num" dateTime={line.connection.time} title={whole(line.connection.time)}>{clock(line.connection.time)}</time>;
  return (
    <span class="group-title" title={line.group.key}>
      <span class={`twist ${open(line.group.key) ? "open" : ""}`}><Icon name="chevron" /></span>{groupTitle(line.group.key, by)}
    </span>
  );
}

export function columnsFor(by: GroupBy, open: (key: string) => boolean): Column<Line>[] {
  const of = (shown: (c: Connection) => ComponentChildren, group: (line: Line & { kind: "group" }) => ComponentChildren = () => null) =>
    (line: Line) => (line.kind === "connection" ? shown(line.connection) : group(line));
  return [
    { key: "time", title: titles.time, cell: (line) => firstCell(line, open, by) },
    { key: "program", title: titles.program, cell: of((c) => <Program of={c} />) },
    { key: "target", title: titles.target, cell: of((c) => <Target of={c} />, ({ group }) => <span class="muted">{text.connections.inGroup(group.count)}</span>) },
    { key: "port", title: titles.port, cell: of((c) => <span class="num">{portOf(c) || ""} <span class="muted">{c.protocol}</span></span>) },
    {
      key: "verdict", title: titles.verdict,
      cell: of((c) => <Verdict of={c} />, ({ group }) => group.refused > 0 && <Badge of="block">{short(group.refused)} {text.verdict.block}</Badge>),
    },
    { key: "rule", title: titles.rule, cell: of((c) => <span title={c.verdict?.reason}>{c.verdict?.rule || <span class="muted">{c.verdict?.reason}</span>}</span>) },
    { key: "bytes", title: titles.bytes, cell: of((c) => <Traffic received={c.bytes_in ?? 0} sent={c.bytes_out ?? 0} />, ({ group }) => <Traffic received={group.bytesIn} sent={group.bytesOut} />) },
  ];
}
