// SPDX-License-Identifier: GPL-3.0-or-later
// Which connections went which way, the newest first.
import { Card, Empty, ScrollTable, TableHead } from "../../parts/basics";
import { portOf, programOf } from "../../format/connection";
import { bytes, clock, whole } from "../../format/format";
import { store, storeVersion } from "../../state/connections";
import { hashOf } from "../../state/route";
import { text } from "../../text/en";

const words = text.gate17;
const MOST = 15;

export function Latest() {
  storeVersion.value; // draws anew when one opens or ends
  const rows = store.all().filter(({ verdict }) => verdict?.action === "gate17").slice(-MOST).reverse();
  return (
    <Card title={words.latest} class="wide" extra={<a class="more" href={hashOf("connections", { filter: "verdict:gate17" })}>{words.allOf}</a>}>
      {rows.length === 0 ? <Empty words={words.latestEmpty} icon="gate17" /> : (
        <ScrollTable label={words.latest} class="went-through">
          <TableHead of={Object.values(words.columns)} />
          <tbody>{rows.map((c) => (
            <tr key={c.id}>
              <td><time class="num" dateTime={c.time} title={whole(c.time)}>{clock(c.time)}</time></td>
              <th scope="row">{programOf(c)}</th>
              <td class="wrap">{c.domain || <span class="mono">{c.remote?.address}</span>}<span class="muted">:{portOf(c)}</span></td>
              <td>{c.verdict?.way}</td>
              <td class="num">{bytes(c.bytes_in)} / {bytes(c.bytes_out)}</td>
              <td class="muted">{c.state === "open" ? words.open : words.ended}</td>
            </tr>
          ))}</tbody>
        </ScrollTable>
      )}
    </Card>
  );
}
