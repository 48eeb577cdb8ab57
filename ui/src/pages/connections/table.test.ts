// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Connection } from "../../api/types";
import { ConnectionStore, FIRST_PAST_ID } from "../../state/connection-store";
import { TableRows } from "./table";

const row = (id: number, number: number) =>
  ({ id, time: `2026-01-01T00:00:0${number}Z`, process: { path: "/a" }, verdict: { action: "allow" } }) as unknown as Connection;
const live = (number: number) => row(number, number);
const past = (number: number) => row(3 * FIRST_PAST_ID + number, number);

test("a connection that the history gave before it came in live is shown once", () => {
  const store = new ConnectionStore();
  store.put(live(1));
  const table = new TableRows("", store);
  table.past.rows.push(past(3), past(2), row(2 * FIRST_PAST_ID + 3, 0));
  store.put(live(2));
  store.put(live(3));
  table.refresh(false);
  expect(table.all().map(({ id }) => id)).toEqual([3, 2, 1, 2 * FIRST_PAST_ID + 3]);
});

test("of two lives of policy with the same numbers each has its own", () => {
  const store = new ConnectionStore();
  store.put(live(1));
  expect(store.holdsPast(past(1))).toBe(true);
  expect(store.holdsPast(row(FIRST_PAST_ID + 1, 7))).toBe(false);
});
