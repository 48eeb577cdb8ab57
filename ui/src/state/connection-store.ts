// SPDX-License-Identifier: GPL-3.0-or-later
// Connections by number, oldest first. Bounded: what is pushed out is still in the history.
import type { Connection } from "../api/types";

export const MOST_LIVE = 20_000;
export const FIRST_PAST_ID = 2 ** 36; // proto/history.capnp: numbers from here on are the history's

export class ConnectionStore {
  private rows: Connection[] = [];
  private places = new Map<number, number>();
  private dropped = 0; // rows that were cut off at the front: places count from the first ever

  get size(): number {
    return this.rows.length;
  }
  all(): readonly Connection[] {
    return this.rows;
  }
  get(id: number): Connection | undefined {
    const place = this.places.get(id);
    return place === undefined ? undefined : this.rows[place - this.dropped];
  }

  // That very connection as it is known now: in the history its number may be another's.
  same(connection: Connection): Connection | undefined {
    const known = this.get(connection.id);
    return known && keyOf(known) === keyOf(connection) ? known : undefined;
  }

  // Whether that row of the history is one of these: its number there ends with the number here.
  holdsPast(row: Connection): boolean {
    const live = this.get(row.id % FIRST_PAST_ID);
    return live !== undefined && keyOf(live) === keyOf(row);
  }

  // `rows` oldest first.
  replace(rows: Connection[]): void {
    this.rows = [];
    this.places.clear();
    this.dropped = 0;
    for (const row of rows) this.put(row);
  }

  put(connection: Connection): void {
    const place = this.places.get(connection.id);
    if (place !== undefined) {
      this.rows[place - this.dropped] = connection;
      return;
    }
    this.places.set(connection.id, this.dropped + this.rows.length);
    this.rows.push(connection);
    if (this.rows.length > MOST_LIVE * 1.1) this.cut(this.rows.length - MOST_LIVE);
  }

  private cut(count: number): void {
    for (const row of this.rows.splice(0, count)) this.places.delete(row.id);
    this.dropped += count;
  }
}

// The same connection has different numbers in policy and in the history; this tells it in both.
export function keyOf(c: Connection): string {
  return `${c.time} ${c.protocol} ${c.local?.address} ${c.local?.port} ${c.remote?.address} ${c.remote?.port}`;
}
