// SPDX-License-Identifier: GPL-3.0-or-later
// Every program that was seen, and what one can do about each.
import { useCallback, useMemo, useState } from "preact/hooks";
import { Ago, Badge, Choice, Empty, Failed, Loading, PageHead } from "../../parts/basics";
import { FindBox } from "../../parts/find-box";
import { LongTable, type Column } from "../../parts/long-table";
import { bytes, short } from "../../format/format";
import { usePolled } from "../../state/polling";
import { setQuery } from "../../state/route";
import { text } from "../../text/en";
import { programs, sorted, type ProgramRow, type Sort } from "./data";
import { ProgramDetail } from "./detail";

const words = text.programs;
const EVERY_MS = 10_000;

const COLUMNS: Column<ProgramRow>[] = [
  { key: "program", title: text.connections.columns.program, cell: (row) => <><span title={row.path}>{row.name || words.unknown}</span>{row.isNew && <Badge of="gate17">{words.isNew}</Badge>}</> },
  { key: "path", title: text.explain.path, cell: (row) => <span class="mono muted">{row.path}</span> },
  { key: "connections", title: text.connections.title, cell: (row) => <span class="num">{short(row.connections)}</span> },
  { key: "refused", title: text.verdict.block!, cell: (row) => (row.refused ? <Badge of="block">{short(row.refused)}</Badge> : <span class="muted">–</span>) },
  { key: "traffic", title: text.connections.columns.bytes, cell: (row) => <span class="num">{bytes(row.bytes_in)} / {bytes(row.bytes_out)}</span> },
  { key: "last", title: words.lastSeen, cell: (row) => <Ago time={row.last} /> },
];

export function Programs(props: { query: Record<string, string> }) {
  const [since, setSince] = useState("7d");
  const [by, setBy] = useState<Sort>("last");
  const [find, setFind] = useState("");
  const [chosen, setChosen] = useState<string | undefined>(props.query.program);
  const seen = usePolled(() => programs(since), EVERY_MS, [since]);
  const all = seen.value.value;
  const rows = useMemo(() => sorted((all ?? []).filter((row) => row.path.toLowerCase().includes(find.toLowerCase())), by), [all, find, by]);
  const choose = useCallback((path: string | undefined) => {
    setChosen(path);
    setQuery({ program: path });
  }, []);
  const shown = chosen === undefined ? undefined : all?.find(({ path }) => path === chosen);
  return (
    <div class="connections-page programs-page">
      <PageHead title={words.title} />
      <div class="toolbar">
        <FindBox label={words.find} value={find} onChange={setFind} />
        <Choice label={words.since} value={since} options={words.spans} onChange={setSince} />
        <Choice label={words.sort} value={by} options={words.sorts} onChange={(next) => setBy(next as Sort)} />
      </div>
      <div class="table-status"><p role="status">{all ? words.count(rows.length) : ""}</p></div>
      {seen.error.value && <Failed words={seen.error.value} />}
      <div class={`split ${shown ? "with-drawer" : ""}`}>
        <div class="card flush table-card">
          <LongTable label={words.title} columns={COLUMNS} count={rows.length} rowAt={(index) => rows[index]!} keyAt={(row) => row.path}
            selected={chosen} onOpen={(row) => choose(row.path)} rowHeight={44} />
          {!all && !seen.error.value && <Loading />}
          {all && rows.length === 0 && <Empty words={find ? words.noneFound : words.empty} hint={find ? undefined : words.emptyHint} icon="programs" />}
        </div>
        {shown && <ProgramDetail key={shown.path} of={shown} since={since} onClose={() => choose(undefined)} />}
      </div>
    </div>
  );
}
