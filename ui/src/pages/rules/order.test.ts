// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { RuleView } from "../../api/types";
import { found, neighbour, placeBefore } from "./order";

const rules = [
  { name: "built", layer: "built-in" }, { name: "mine", layer: "administrator" },
  { name: "a", layer: "suite", text: 'domain = "x.test"' }, { name: "b", layer: "suite" }, { name: "c", layer: "suite" },
] as RuleView[];

test("a rule moves among its like alone", () => {
  expect(neighbour(rules, "b", -1)).toBe("a");
  expect(neighbour(rules, "a", 1)).toBe("c");
  expect(neighbour(rules, "b", 1)).toBe("");
  expect(neighbour(rules, "a", -1)).toBeUndefined();
  expect(neighbour(rules, "c", 1)).toBeUndefined();
  expect(neighbour(rules, "mine", 1)).toBeUndefined();
});

test("the way back is known before it goes", () => {
  expect(placeBefore(rules, "a")).toBe("b");
  expect(placeBefore(rules, "c")).toBe("");
});

test("rules are found by all words, wherever they stand", () => {
  expect(found(rules, "X.TEST").map(({ name }) => name)).toEqual(["a"]);
  expect(found(rules, "")).toHaveLength(5);
});
