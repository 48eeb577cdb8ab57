// SPDX-License-Identifier: GPL-3.0-or-later
// A picture of who talks to whom that one can click through.
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Network } from "../../api/types";
import { Card, Choice, Empty, Looking, PageHead, ScrollTable, Segments, Words } from "../../parts/basics";
import { bytes, lastPart, short } from "../../format/format";
import { placeOf, type Grouping } from "../../format/network";
import { termText } from "../../filter/filter";
import { usePolled } from "../../state/polling";
import { hashOf } from "../../state/route";
import { text } from "../../text/en";
import { COLUMNS, flowOf, isOthers, passes, type ColumnName, type Flow, type Measure, type Node, type Ribbon } from "./flow";
import { recent, type Recent } from "./recent";

const words = text.map;
const EVERY_MS = 15_000;
const WIDTH = 1000, BAR = 12, HEIGHT = 520;
const X: Record<ColumnName, number> = { program: 150, domain: 494, network: 838 };

function pathOf({ from, to, fromY, toY, height }: Ribbon): string {
  const x0 = X[from.column] + BAR, x1 = X[to.column], middle = (x0 + x1) / 2;
  return `M${x0} ${fromY}C${middle} ${fromY} ${middle} ${toY} ${x1} ${toY}V${toY + height}C${middle} ${toY + height} ${middle} ${fromY + height} ${x0} ${fromY + height}Z`;
}

const LONGEST: Record<ColumnName, number> = { program: 24, domain: 24, network: 21 };
const cut = (title: string, longest: number) => (title.length > longest ? `${title.slice(0, longest - 1)}…` : title);

function Block(props: { of: Node; colour: number; chosen: boolean; format: (value: number) => string; onChoose: () => void }) {
  const { of: node } = props;
  const left = node.column === "program";
  const x = X[node.column];
  const choosable = !isOthers(node);
  const title = `${node.title}: ${props.format(node.value)}`;
  return (
    <g class={`node ${props.chosen ? "chosen" : ""} ${choosable ? "" : "rest"}`} role={choosable ? "button" : "img"} tabindex={choosable ? 0 : undefined} aria-pressed={choosable ? props.chosen : undefined} aria-label={title}
      onClick={choosable ? props.onChoose : undefined}
      onKeyDown={(event) => {
        if (!choosable || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        props.onChoose();
      }}>
      <title>{title}</title>
      <rect class={`bar series-${props.colour}`} x={x} y={node.y} width={BAR} height={node.height} rx={3} />
      <text x={left ? x - 10 : x + BAR + 10} y={node.y + node.height / 2} dominant-baseline="middle" text-anchor={left ? "end" : "start"}>{cut(node.title, LONGEST[node.column])}</text>
      <rect class="hit" x={left ? 0 : x - 4} y={node.y - 5} width={left ? X.program + BAR + 4 : 164} height={node.height + 10} />
    </g>
  );
}

function Picture(props: { of: Flow; by: Grouping; chosen: { column: ColumnName; key: string } | undefined; format: (value: number) => string; onChoose: (node: Node) => void }) {
  const programs = props.of.nodes.filter(({ column }) => column === "program").sort((a, b) => a.y - b.y);
  const colourOf = (node: Node) => (node.column === "program" ? Math.min(5, programs.indexOf(node)) : 6);
  return (
    <div class="map-box" role="group" aria-label={words.label} tabIndex={0}>
      <svg class="map" viewBox={`0 -30 ${WIDTH} ${props.of.height + 40}`} role="group" aria-label={words.label}>
        {COLUMNS.map((column) => <text key={column} class="map-head" x={column === "program" ? X.program + BAR : X[column]} y={-14} text-anchor={column === "program" ? "end" : "start"}>{column === "network" ? words.places[props.by] : words.columns[column]}</text>)}
        <g aria-hidden="true">{props.of.ribbons.map((ribbon) => (
          <path key={`${ribbon.from.column}${ribbon.from.key} ${ribbon.to.key}`} class={`ribbon ${ribbon.refused ? "refused" : `series-${colourOf(ribbon.from)}`}`} d={pathOf(ribbon)}><title>{`${ribbon.from.title} → ${ribbon.to.title}: ${props.format(ribbon.value)}`}</title></path>
        ))}</g>
        {props.of.nodes.map((node) => (
          <Block key={`${node.column} ${node.key}`} of={node} colour={colourOf(node)} format={props.format} chosen={props.chosen?.column === node.column && props.chosen.key === node.key} onChoose={() => props.onChoose(node)} />
        ))}
      </svg>
    </div>
  );
}

const MOST_ADDRESSES = 200; // that a filter can name and still be read

// As a filter of the connections; nothing where it would be too long.
function filterFor({ column, key }: { column: ColumnName; key: string }, addresses: string[]): string {
  if (column === "program") return termText("program", lastPart(key) || "none");
  if (column === "domain") return termText("domain", key);
  if (/\/(24|48)$/.test(key)) return termText("remote", key.replace(/(0\/24|:\/48)$/, "*"));
  return addresses.length <= MOST_ADDRESSES ? `remote:${addresses.join(",")}` : "";
}

// What can be told apart there: the most telling first.
function groupingsOf(networks: Map<string, Network>): Grouping[] {
  const all = [...networks.values()];
  const there: Grouping[] = [];
  if (all.some(({ country }) => country)) there.push("country");
  if (all.some(({ autonomous_system: system }) => system)) there.push("operator");
  return [...there, "range"];
}

function AsTable({ of, format }: { of: Flow; format: (value: number) => string }) {
  return (
    <details class="chart-table"><summary>{words.table}</summary>
      <ScrollTable label={words.table}><tbody>
        {of.ribbons.map(({ from, to, value }) => <tr key={`${from.column}${from.key} ${to.key}`}><td>{from.title}</td><td>→ {to.title}</td><td class="num">{format(value)}</td></tr>)}
      </tbody></ScrollTable>
    </details>
  );
}

function Chosen({ of, title, rows, networks, by, onAll }: Recent & { of: { column: ColumnName; key: string }; title: string; by: Grouping; onAll: () => void }) {
  const there = rows.map((c) => c.remote?.address ?? "").filter((address) => of.column === "network" && placeOf(address, networks.get(address), by) === of.key);
  const filter = filterFor(of, [...new Set(there)]);
  return <><p>{words.only(title)}</p>{filter && <a href={hashOf("connections", { filter })}>{words.list(title)}</a>}<button type="button" onClick={onAll}>{words.all}</button></>;
}

export function FlowMap() {
  const [since, setSince] = useState("1d");
  const [measure, setMeasure] = useState<Measure>("connections");
  const [wanted, setWanted] = useState<Grouping>();
  const [chosen, setChosen] = useState<{ column: ColumnName; key: string }>();
  const known = useMemo(() => new Map<string, Network>(), []);
  const seen = usePolled(() => recent(since, known), EVERY_MS, [since]);
  const found = seen.value.value;
  const groupings = useMemo(() => groupingsOf(found?.networks ?? known), [found]);
  const by = wanted && groupings.includes(wanted) ? wanted : groupings[0]!;
  const placing = useCallback((address: string) => placeOf(address, found?.networks.get(address), by), [found, by]);
  const flow = useMemo(() => flowOf((found?.rows ?? []).filter((c) => passes(c, chosen, placing)), measure, placing, HEIGHT), [found, chosen, measure, placing]);
  const format = measure === "bytes" ? bytes : short;
  const title = chosen && (flow.nodes.find((node) => node.column === chosen.column && node.key === chosen.key)?.title ?? chosen.key);
  const anyKnown = groupings.length > 1;
  return (
    <>
      <PageHead title={words.title}>
        <Choice label={words.since} value={since} options={words.spans} onChange={setSince} hideLabel />
        <Segments label={words.measure} value={measure} options={words.measures} onChange={(next) => setMeasure(next as Measure)} />
        {anyKnown && <Segments label={words.by} value={by} options={Object.fromEntries(groupings.map((one) => [one, words.groupings[one]!]))}
          onChange={(next) => {
            setWanted(next as Grouping);
            if (chosen?.column === "network") setChosen(undefined);
          }} />}
      </PageHead>
      <Card class="map-card">
        <div class="map-status" role="status">
          {chosen && found && <Chosen of={chosen} title={title!} {...found} by={by} onAll={() => setChosen(undefined)} />}
        </div>
        <Looking of={seen} />
        {found && flow.nodes.length === 0 && <Empty words={words.empty} hint={words.emptyHint} icon="map" />}
        {flow.nodes.length > 0 && (
          <>
            <Picture of={flow} by={by} chosen={chosen} format={format} onChoose={(node) => setChosen(chosen?.column === node.column && chosen.key === node.key ? undefined : { column: node.column, key: node.key })} />
            <AsTable of={flow} format={format} />
            {!anyKnown && <p class="hint"><Words>{words.noDatabases}</Words></p>}
          </>
        )}
      </Card>
    </>
  );
}
