// SPDX-License-Identifier: GPL-3.0-or-later
// Live and past connections in one table.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Connection } from "../../api/types";
import { Choice, Dot, Empty, Failed, Loading, PageHead } from "../../parts/basics";
import { FilterBox } from "../../parts/filter-box";
import { Icon } from "../../parts/icons";
import { LongTable } from "../../parts/long-table";
import { keyOf } from "../../state/connection-store";
import { loaded, store, storeVersion } from "../../state/connections";
import { liveState } from "../../state/live";
import { setQuery } from "../../state/route";
import { text } from "../../text/en";
import { columnsFor } from "./columns";
import { Explained } from "./explained";
import { linesOf, type GroupBy, type Line } from "./grouping";
import { TableRows } from "./table";

const words = text.connections;
const keyAt = (line: Line) => (line.kind === "group" ? `group ${line.group.key}` : keyOf(line.connection));

// Keys that follow typing only once it rests, so that each letter does not ask the past anew.
function useResting<T>(value: T, ms: number): T {
  const [resting, setResting] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setResting(value), ms);
    return () => clearTimeout(timer);
  }, [value]);
  return resting;
}

function Live(props: { paused: boolean }) {
  const state = props.paused ? "paused" : liveState.value;
  return <p class="live" role="status"><Dot tone={state === "live" ? "good pulse" : state === "broken" ? "bad" : "quiet"} />{words[state]}</p>;
}

function useRows(filter: string, held: boolean) {
  const version = storeVersion.value;
  const rows = useMemo(() => new TableRows(filter, store), [filter, loaded.value]);
  useEffect(() => {
    rows.past.more();
    return () => rows.past.stop();
  }, [rows]);
  useMemo(() => rows.refresh(held), [rows, version, held]);
  return { rows, version: `${version} ${rows.past.version.value} ${held}` };
}

export function Connections(props: { query: Record<string, string> }) {
  const [filter, setFilter] = useState(props.query.filter ?? "");
  const [by, setBy] = useState<GroupBy>((props.query.by as GroupBy) ?? "none");
  const [openGroups, setOpenGroups] = useState<ReadonlySet<string>>(new Set());
  const [paused, setPaused] = useState(false);
  const [resting, setResting] = useState(false);
  const [shown, setShown] = useState<Connection>();
  const settled = useResting(filter, 250);
  const { rows, version } = useRows(settled, paused || resting);
  const fromAddress = useRef(props.query.filter);

  useEffect(() => setQuery({ filter: settled, by: by === "none" ? undefined : by }), [settled, by]);
  useEffect(() => {
    // A link of another page, or "back", brings another filter.
    if (props.query.filter !== fromAddress.current && (props.query.filter ?? "") !== settled) setFilter(props.query.filter ?? "");
    fromAddress.current = props.query.filter;
  }, [props.query.filter]);

  const lines = useMemo(() => (by === "none" ? undefined : linesOf(rows.all(), by, openGroups)), [rows, version, by, openGroups]);
  const columns = useMemo(() => columnsFor(by, (key) => openGroups.has(key)), [by, openGroups]);
  const close = useCallback(() => setShown(undefined), []);
  const waiting = paused || resting ? rows.waiting : 0;
  const count = lines?.length ?? rows.count;

  function open(line: Line) {
    if (line.kind === "connection") return setShown(line.connection);
    const next = new Set(openGroups);
    if (!next.delete(line.group.key)) next.add(line.group.key);
    setOpenGroups(next);
  }
  return (
    <div class="connections-page">
      <PageHead title={words.title}><Live paused={paused} /></PageHead>
      <div class="toolbar">
        <FilterBox value={filter} onChange={setFilter} known={() => store.all()} />
        <Choice label={words.group} value={by} options={words.groups} onChange={(next) => setBy(next as GroupBy)} />
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          <Icon name={paused ? "play" : "pause"} />{paused ? words.resume : words.pause}
        </button>
      </div>
      <div class="table-status">
        <p role="status">{words.shown(rows.count, rows.looked)}{rows.past.loading.value ? `, ${words.loadingPast}` : ""}</p>
        <button type="button" class={`held ${waiting ? "" : "invisible"}`} disabled={!waiting} onClick={() => {
          rows.refresh(false);
          setPaused(false);
          storeVersion.value++;
        }}>{words.held(waiting)}</button>
      </div>
      {rows.past.error.value && <Failed words={words.pastAway(rows.past.error.value)} retry={() => {
        rows.past.error.value = "";
        void rows.past.more();
      }} />}
      <div class={`split ${shown ? "with-drawer" : ""}`}>
        <div class="card flush table-card">
          <LongTable
            label={words.title} columns={columns} count={count} keyAt={keyAt}
            rowAt={(index): Line => lines?.[index] ?? { kind: "connection", connection: rows.at(index) }}
            rowClass={(line) => (line.kind === "group" ? "group" : line.connection.state === "ended" ? "ended" : "")}
            expanded={(line) => (line.kind === "group" ? openGroups.has(line.group.key) : undefined)}
            selected={shown && keyOf(shown)} onOpen={open} onRest={setResting} onNearEnd={() => void rows.past.more()}
          />
          {count === 0 && (loaded.value && !rows.past.loading.value
            ? <Empty words={settled ? words.empty : words.nothingYet} hint={settled ? words.emptyHint : undefined} />
            : <Loading />)}
        </div>
        {shown && <Explained of={store.same(shown) ?? shown} onClose={close} onFilter={setFilter} />}
      </div>
    </div>
  );
}
