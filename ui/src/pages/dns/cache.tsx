// SPDX-License-Identifier: GPL-3.0-or-later
// What the resolver keeps, and how it forgets.
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { DnsCachePage, Flushed } from "../../api/types";
import { Card, Empty, Looking, ScrollTable, TableHead } from "../../parts/basics";
import { useBusy } from "../../parts/busy";
import { bytes, short } from "../../format/format";
import { say } from "../../state/notices";
import { usePolled } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";

const words = text.dns;
const EVERY_MS = 4000;
const SHOWN = 8;

function Flush({ onDone }: { onDone: () => Promise<void> }) {
  const [name, setName] = useState("");
  const { busy, run } = useBusy();
  async function flush(event: Event) {
    event.preventDefault();
    await run(async () => {
      const { count = 0 } = await ask<Flushed>("dns/flush", { method: "POST", body: { name: name.trim() } });
      say(words.flushed(count, name.trim()));
      await onDone();
    });
  }
  return (
    <form class="flush" onSubmit={flush}>
      <input type="text" aria-label={words.flushName} placeholder={words.flushHint} autocomplete="off" spellcheck={false} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      <button type="submit" disabled={busy}>{name.trim() ? words.flush : words.flushAll}</button>
    </form>
  );
}

export function Cache() {
  const seen = usePolled(() => ask<DnsCachePage>("dns/cache", { query: { limit: SHOWN } }), EVERY_MS);
  const cache = seen.value.value;
  return (
    <Card title={words.cache} extra={cache && <p class="small muted">{words.cached(short(cache.answers), bytes(cache.bytes), bytes(cache.limit_bytes))}</p>}>
      {mayChange.value && <Flush onDone={seen.look} />}
      <Looking of={seen} />
      {cache && cache.answers === 0 && <Empty words={words.cacheEmpty} hint={words.cacheEmptyHint} icon="dns" />}
      {cache && cache.answers > 0 && (
        <ScrollTable label={words.cache}>
          <TableHead of={[words.columns.name, words.columns.type, words.ttl, words.uses]} />
          <tbody>{(cache.cached ?? []).map((one) => <tr key={`${one.name} ${one.type} ${one.dnssec}`}><th scope="row" class="wrap">{one.name}</th><td>{one.type}</td><td class="num">{Math.round(one.ttl)} s</td><td class="num">{short(one.uses)}</td></tr>)}</tbody>
        </ScrollTable>
      )}
    </Card>
  );
}
