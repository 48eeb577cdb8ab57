// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Prompt } from "../api/types";
import { questionOf, withClosed, withQuestion, withThese, type Question } from "./prompts";

const now = Date.parse("2026-11-29T12:00:00Z");
const question = (id: number, more: Partial<Prompt> = {}) => questionOf({ id, waiting: 1, seconds_left: 58, may_answer: true, ...more }, now);
const ids = (all: readonly Question[]) => all.map(({ id, closed }) => (closed ? -id : id));

test("the time left ends where policy says, and there is none where nothing waits", () => {
  expect(question(1).until).toBe(now + 58_000);
  expect(question(1, { waiting: 0 }).until).toBe(0);
});

test("a new question is the last, one that changes stays at its place", () => {
  const all = [question(1), question(2)];
  expect(ids(withQuestion(all, question(3)))).toEqual([1, 2, 3]);
  expect(withQuestion(all, question(1, { waiting: 4 }))[0]?.prompt.waiting).toBe(4);
});

test("what is answered stays at its place, and says how it was answered", () => {
  const all = withClosed([question(1), question(2)], { id: 1, how: "answered", action: "allow", who: "alice (uid 1000)" });
  expect(ids(all)).toEqual([-1, 2]);
  expect(all[0]).toMatchObject({ until: 0, closed: { how: "answered", action: "allow" } });
  expect(withClosed(all, { id: 1, how: "answered" })[0]?.closed?.who).toBe("alice (uid 1000)");
});

test("after a gap, what policy has open is open, and what it has not any more is closed", () => {
  const all = withThese([question(1), question(2)], [question(2, { waiting: 3 }), question(3)]);
  expect(ids(all)).toEqual([-1, 2, 3]);
  expect(all[1]?.prompt.waiting).toBe(3);
});

test("of those that are closed the newest fifty stay", () => {
  let all: Question[] = [];
  for (let id = 1; id <= 60; id++) all = withClosed(withQuestion(all, question(id)), { id, how: "dismissed" });
  expect(all).toHaveLength(50);
  expect(all[0]?.id).toBe(11);
});
