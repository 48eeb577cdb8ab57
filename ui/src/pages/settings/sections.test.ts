// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { sectionsOf, unquoted, written } from "./sections";

const settings = [
  { section: "policy", key: "default", value: '"allow"' },
  { section: "policy", key: "answer_seconds", value: "60" },
  { section: "resolver", key: "upstreams", value: '["192.0.2.1"]' },
];

test("settings stand in their sections, found by name and by value", () => {
  expect(sectionsOf(settings, "").map(([name, of]) => [name, of.length])).toEqual([["policy", 2], ["resolver", 1]]);
  expect(sectionsOf(settings, "POLICY.answer").map(([, of]) => of[0]?.key)).toEqual(["answer_seconds"]);
  expect(sectionsOf(settings, "192.0").map(([name]) => name)).toEqual(["resolver"]);
});

test("a plain text is written without its quotes", () => {
  expect(written("text", "")).toBe('""');
  expect(written("text", "a")).toBe("a");
  expect(['"allow"', "60", '["a", "b"]', '"a\\"b"'].map(unquoted)).toEqual(["allow", "60", '["a", "b"]', '"a\\"b"']);
});
