// SPDX-License-Identifier: GPL-3.0-or-later
// What the historian has beyond what policy remembers, fetched piece by piece as one scrolls to it.
import { signal } from "@preact/signals";
import { ask, LoggedOut } from "../../api/client";
import type { Connection, ConnectionPage } from "../../api/types";
import { historyQuery, type Filter, type Matcher } from "../../filter/filter";
import { endSession, wordsOf } from "../../state/notices";

const MOST_PAST = 100_000;
const PIECE = 250; // what fits into one answer, long command lines included

export class Past {
  readonly rows: Connection[] = [];     // newest first, of those that match
  readonly version = signal(0);
  readonly loading = signal(false);
  readonly error = signal("");
  looked = 0;                           // how many the historian gave, matching or not
  private cursor: string | undefined;
  private over = false;
  private readonly abort = new AbortController();

  constructor(private readonly filter: Filter, private readonly holds: Matcher, private readonly isLive: Matcher) {}

  get complete(): boolean {
    return this.over || this.rows.length >= MOST_PAST;
  }
  stop(): void {
    this.abort.abort();
  }

  // Forgets what has come in live since it was fetched: that can be the newest alone.
  leaveOutLive(): void {
    const newest = this.rows.findIndex((row) => !this.isLive(row));
    this.rows.splice(0, newest < 0 ? this.rows.length : newest);
  }

  // One more piece; where a piece holds nothing that matches, the next.
  async more(): Promise<void> {
    if (this.loading.peek() || this.complete || this.error.peek()) return;
    this.loading.value = true;
    const before = this.rows.length;
    try {
      while (!this.complete && this.rows.length === before) await this.piece();
    } catch (error) {
      if (error instanceof LoggedOut) endSession(error.message);
      else if (!this.abort.signal.aborted) this.error.value = wordsOf(error);
    }
    this.loading.value = false;
  }

  private async piece(): Promise<void> {
    const query = { ...historyQuery(this.filter), cursor: this.cursor, limit: PIECE, order: "newest" };
    const page = await ask<ConnectionPage>("history/connections", { query, signal: this.abort.signal });
    const rows = page.connections ?? [];
    this.looked += rows.length;
    for (const row of rows) if (this.holds(row) && !this.isLive(row)) this.rows.push(row);
    this.cursor = page.next;
    this.over = !page.next || rows.length === 0;
    this.version.value++;
  }
}
