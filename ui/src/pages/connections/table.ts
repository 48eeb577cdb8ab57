// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the table: what policy remembers and tells live, then the past, under one filter. Held
// back while somebody looks closely, so that nothing moves under the pointer.
import type { Connection } from "../../api/types";
import { matcherOf, parseFilter } from "../../filter/filter";
import type { ConnectionStore } from "../../state/connection-store";
import { Past } from "./past";

export class TableRows {
  private readonly holds;
  private live: Connection[] = [];  // newest first, as shown
  private newestShown = 0;
  readonly past: Past;

  // Shows nothing before the first refresh().
  constructor(text: string, private readonly store: ConnectionStore) {
    const filter = parseFilter(text);
    this.holds = matcherOf(filter);
    this.past = new Past(filter, this.holds, (row) => store.holdsPast(row));
    this.newestShown = store.all().at(-1)?.id ?? 0;
  }

  // Takes over what has changed. `held`: connections that are new are not shown yet.
  refresh(held: boolean): void {
    const rows: Connection[] = [];
    const all = this.store.all();
    for (let at = all.length - 1; at >= 0; at--) {
      const row = all[at]!;
      if (held && row.id > this.newestShown) continue;
      if (this.holds(row)) rows.push(row);
    }
    if (!held) this.newestShown = all.at(-1)?.id ?? 0;
    this.live = rows;
    this.past.leaveOutLive();
  }

  // How many are held back.
  get waiting(): number {
    const all = this.store.all();
    let count = 0;
    for (let at = all.length - 1; at >= 0 && all[at]!.id > this.newestShown; at--) if (this.holds(all[at]!)) count++;
    return count;
  }
  get count(): number {
    return this.live.length + this.past.rows.length;
  }
  get looked(): number {
    return this.store.size + this.past.looked;
  }
  at(index: number): Connection {
    return index < this.live.length ? this.live[index]! : this.past.rows[index - this.live.length]!;
  }
  all(): Connection[] {
    return [...this.live, ...this.past.rows];
  }
}
