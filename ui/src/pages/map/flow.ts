// SPDX-License-Identifier: GPL-3.0-or-later
// Programs → names → places as nodes in three columns with ribbons between them.
import type { Connection } from "../../api/types";
import { isRefusal } from "../../format/connection";
import { lastPart } from "../../format/format";
import { text } from "../../text/en";

export type ColumnName = "program" | "domain" | "network";
export const COLUMNS: ColumnName[] = ["program", "domain", "network"];
export type Measure = "connections" | "bytes";

export interface Node {
  column: ColumnName;
  key: string;
  title: string;
  value: number;
  refused: number;
  y: number;
  height: number;
}
export interface Ribbon {
  from: Node;
  to: Node;
  value: number;
  refused: boolean; // more than half of it
  fromY: number;
  toY: number;
  height: number;
}
export interface Flow {
  nodes: Node[];
  ribbons: Ribbon[];
  height: number;
}

const OTHERS = "\u0000others";
const MOST = 10;
const GAP = 14;
const LEAST = 5;

// Under what an address stands in the last column.
export type Placing = (address: string) => string;

export function keyOf(c: Connection, column: ColumnName, placing: Placing): string {
  if (column === "program") return c.process?.path ?? "";
  if (column === "domain") return c.domain ?? "";
  return placing(c.remote?.address ?? "");
}

function titleOf(column: ColumnName, key: string, others: number): string {
  if (key === OTHERS) return text.map.others(others);
  if (column === "program") return lastPart(key) || text.map.unknown;
  return key || text.map.noName;
}

const valueOf = (c: Connection, measure: Measure) => (measure === "connections" ? 1 : (c.bytes_in ?? 0) + (c.bytes_out ?? 0));
const isRefused = (c: Connection) => isRefusal(c.verdict?.action);

function topKeys(connections: Connection[], keyIn: (c: Connection) => string, measure: Measure): { kept: Set<string>; others: number } {
  const totals = new Map<string, number>();
  for (const c of connections) totals.set(keyIn(c), (totals.get(keyIn(c)) ?? 0) + valueOf(c, measure));
  const sorted = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key);
  return { kept: new Set(sorted.slice(0, MOST)), others: Math.max(0, sorted.length - MOST) };
}

function nodesOf(connections: Connection[], measure: Measure, placing: Placing) {
  const tops = Object.fromEntries(COLUMNS.map((column) => [column, topKeys(connections, (c) => keyOf(c, column, placing), measure)])) as Record<ColumnName, ReturnType<typeof topKeys>>;
  const keyIn = (c: Connection, column: ColumnName) => {
    const key = keyOf(c, column, placing);
    return tops[column].kept.has(key) ? key : OTHERS;
  };
  const nodes = new Map<string, Node>();
  const ribbons = new Map<string, Ribbon & { refusedValue: number }>();
  for (const c of connections) {
    const value = valueOf(c, measure);
    const here = COLUMNS.map((column) => {
      const key = keyIn(c, column);
      const id = `${column} ${key}`;
      let node = nodes.get(id);
      if (!node) nodes.set(id, (node = { column, key, title: titleOf(column, key, tops[column].others), value: 0, refused: 0, y: 0, height: 0 }));
      node.value += value;
      if (isRefused(c)) node.refused += value;
      return node;
    });
    for (const [from, to] of [[here[0]!, here[1]!], [here[1]!, here[2]!]] as const) {
      const id = `${from.column} ${from.key}\n${to.key}`;
      let ribbon = ribbons.get(id);
      if (!ribbon) ribbons.set(id, (ribbon = { from, to, value: 0, refusedValue: 0, refused: false, fromY: 0, toY: 0, height: 0 }));
      ribbon.value += value;
      if (isRefused(c)) ribbon.refusedValue += value;
    }
  }
  for (const ribbon of ribbons.values()) ribbon.refused = ribbon.refusedValue * 2 > ribbon.value;
  return { nodes: [...nodes.values()], ribbons: [...ribbons.values()] };
}

// Names and networks stand near what leads to them, so that few ribbons cross.
function order(column: Node[], ribbons: Ribbon[]): Node[] {
  const middle = (node: Node) => {
    const incoming = ribbons.filter(({ to }) => to === node);
    const weight = incoming.reduce((sum, { value }) => sum + value, 0) || 1;
    return incoming.reduce((sum, { from, value }) => sum + (from.y + from.height / 2) * value, 0) / weight;
  };
  if (column[0]?.column === "program") return [...column].sort((a, b) => b.value - a.value || (a.key < b.key ? -1 : 1));
  const at = new Map(column.map((node) => [node, middle(node)]));
  return [...column].sort((a, b) => at.get(a)! - at.get(b)! || b.value - a.value);
}

function place(nodes: Node[], ribbons: Ribbon[], height: number): void {
  const total = nodes.filter(({ column }) => column === "program").reduce((sum, { value }) => sum + value, 0) || 1;
  const most = Math.max(...COLUMNS.map((name) => nodes.filter(({ column }) => column === name).length));
  const scale = Math.max(0.0001, (height - (most - 1) * GAP - most * LEAST) / total);
  for (const name of COLUMNS) {
    const column = order(nodes.filter(({ column: of }) => of === name), ribbons);
    let y = 0;
    for (const node of column) {
      node.y = y;
      node.height = LEAST + node.value * scale;
      y += node.height + GAP;
    }
  }
  for (const node of nodes) {
    let out = node.y, into = node.y;
    const share = (value: number) => (node.value ? (value / node.value) * node.height : 0);
    for (const ribbon of ribbons.filter(({ from }) => from === node).sort((a, b) => a.to.y - b.to.y)) {
      ribbon.fromY = out;
      ribbon.height = share(ribbon.value);
      out += ribbon.height;
    }
    for (const ribbon of ribbons.filter(({ to }) => to === node).sort((a, b) => a.from.y - b.from.y)) {
      ribbon.toY = into;
      into += share(ribbon.value);
    }
  }
}

export function flowOf(connections: Connection[], measure: Measure, placing: Placing, height = 520): Flow {
  const used = connections.filter((c) => valueOf(c, measure) > 0);
  const { nodes, ribbons } = nodesOf(used, measure, placing);
  if (nodes.length === 0) return { nodes, ribbons, height };
  place(nodes, ribbons, height);
  return { nodes, ribbons, height: Math.max(...nodes.map(({ y, height: tall }) => y + tall)) };
}

export const isOthers = (node: Node) => node.key === OTHERS;
export const passes = (c: Connection, chosen: { column: ColumnName; key: string } | undefined, placing: Placing) => !chosen || keyOf(c, chosen.column, placing) === chosen.key;
