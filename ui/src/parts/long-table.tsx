// SPDX-License-Identifier: GPL-3.0-or-later
// A table of any length of which only what is in sight exists. The arrow keys move in it, Enter opens.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useActiveRow } from "./active-row";
import { scrollTo, windowOf } from "./window";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ComponentChildren;
}

interface LongTableProps<Row> {
  label: string;
  columns: Column<Row>[];
  count: number;
  rowAt: (index: number) => Row;
  keyAt: (row: Row) => string;
  rowClass?: (row: Row) => string;
  expanded?: (row: Row) => boolean | undefined; // of a row that opens others
  selected?: string;
  onOpen: (row: Row) => void;
  onNearEnd?: () => void;
  onRest?: (resting: boolean) => void;          // the pointer or the focus is in it, or it is scrolled
  rowHeight?: number;
}

const STEPS: Record<string, (row: number, count: number, page: number) => number> = {
  ArrowDown: (row, count) => Math.min(row + 1, count - 1),
  ArrowUp: (row) => Math.max(row - 1, 0),
  PageDown: (row, count, page) => Math.min(row + page, count - 1),
  PageUp: (row, _, page) => Math.max(row - page, 0),
  Home: () => 0,
  End: (_, count) => count - 1,
};

export function LongTable<Row>(props: LongTableProps<Row>) {
  const rowHeight = props.rowHeight ?? 36;
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ scrolled: 0, height: 600 });
  const [held, setHeld] = useState({ pointer: false, focus: false });
  const hold = (by: Partial<typeof held>) => setHeld((before) => ({ ...before, ...by }));
  const keyOfRow = (index: number) => props.keyAt(props.rowAt(index));
  const active = useActiveRow(box, props.count, keyOfRow, () => hold({ focus: false }));
  const { first, end } = windowOf(props.count, rowHeight, sight.scrolled, sight.height);
  const inSight = Math.min(Math.floor(sight.scrolled / rowHeight), props.count - 1);
  const drawn = Array.from({ length: end - first }, (_, at) => first + at);
  if (active.focused && props.count > 0) { // however far it is scrolled away: the keys go to it
    if (active.index < first) drawn.unshift(active.index);
    if (active.index >= end) drawn.push(active.index);
  }
  const tabStop = drawn.includes(active.index) ? active.index : inSight;

  useEffect(() => {
    const element = box.current!;
    const look = () => setSight({ scrolled: element.scrollTop, height: element.clientHeight });
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  // Heights by script: the policy of these pages forbids style attributes, not the object behind them.
  useLayoutEffect(() => {
    sheet.current!.style.height = `${props.count * rowHeight}px`;
  }, [props.count, rowHeight]);
  useEffect(() => {
    if (end >= props.count - 200) props.onNearEnd?.();
  }, [end, props.count]);
  // Before anything else that is new is drawn: nothing may move under the pointer or the focus any more.
  useLayoutEffect(() => props.onRest?.(held.pointer || held.focus || sight.scrolled > 0), [held.pointer, held.focus, sight.scrolled > 0]);

  function onKeyDown(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (!step || props.count === 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const element = box.current!;
    const next = step(active.index, props.count, Math.max(1, Math.floor(element.clientHeight / rowHeight) - 1));
    active.set(next, { focus: true });
    element.scrollTop = scrollTo(next, rowHeight, element.scrollTop, element.clientHeight);
  }

  const rows = drawn.map((index) => {
    const row = props.rowAt(index);
    const key = props.keyAt(row);
    return (
      <div
        key={key}
        role="row"
        class={`row ${props.rowClass?.(row) ?? ""} ${props.selected === key ? "selected" : ""}`}
        ref={(element) => {
          if (element) element.style.transform = `translateY(${index * rowHeight}px)`;
        }}
        data-index={index}
        aria-rowindex={index + 2}
        aria-expanded={props.expanded?.(row)}
        tabIndex={index === tabStop ? 0 : -1}
        onClick={() => {
          active.set(index);
          props.onOpen(row);
        }}
        onFocus={() => active.set(index)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          props.onOpen(props.rowAt(active.index)); // which may not be drawn yet
        }}
      >
        {props.columns.map((column) => <div key={column.key} role="cell" class={`c-${column.key}`}>{column.cell(row)}</div>)}
      </div>
    );
  });
  return (
    <div class="long-table" role="table" aria-label={props.label} aria-rowcount={props.count + 1} onKeyDown={onKeyDown}>
      <div role="rowgroup" class="long-head">
        <div role="row" class="row head" aria-rowindex={1}>
          {props.columns.map((column) => <div key={column.key} role="columnheader" class={`c-${column.key}`}>{column.title}</div>)}
        </div>
      </div>
      <div ref={box} class="long-body" role="presentation" tabIndex={props.count === 0 ? -1 : undefined} onPointerEnter={() => hold({ pointer: true })} onPointerLeave={() => hold({ pointer: false })}
        onFocusIn={() => hold({ focus: true })} onFocusOut={(event) => hold({ focus: box.current!.contains(event.relatedTarget as Node | null) })}>
        <div ref={sheet} role="rowgroup" class="long-sheet">{rows}</div>
      </div>
    </div>
  );
}
