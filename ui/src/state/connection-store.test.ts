// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Connection } from "../api/types";
import { ConnectionStore, MOST_LIVE } from "./connection-store";

const row = (id: number, state = "open") => ({ id, state }) as unknown as Connection;

test("a connection that changes stays at its place", () => {
  const store = new ConnectionStore();
  [1, 2, 3].forEach((id) => store.put(row(id)));
  store.put(row(2, "ended"));
  expect(store.all().map(({ id, state }) => [id, state])).toEqual([[1, "open"], [2, "ended"], [3, "open"]]);
});

test("the oldest go when there are too many, and the others are still found", () => {
  const store = new ConnectionStore();
  for (let id = 1; id <= MOST_LIVE * 1.2; id++) store.put(row(id));
  expect(store.size).toBeLessThanOrEqual(MOST_LIVE * 1.1);
  expect(store.get(1)).toBeUndefined();
  store.put(row(MOST_LIVE * 1.2, "ended"));
  expect(store.get(MOST_LIVE * 1.2)?.state).toBe("ended");
  expect(store.all().at(-1)?.state).toBe("ended");
});
