// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { follow, scrollTo, windowOf } from "./window";

test("few of 100,000 rows are drawn, wherever one is", () => {
  for (const scrolled of [0, 1_700_000, 3_399_400]) {
    const { first, end } = windowOf(100_000, 34, scrolled, 600);
    expect(end - first).toBeLessThan(50);
    expect(first * 34).toBeLessThanOrEqual(scrolled);
    expect(end * 34).toBeGreaterThanOrEqual(Math.min(scrolled + 600, 3_400_000));
  }
});

test("a list that has become short draws what there is", () => {
  expect(windowOf(3, 34, 10_000, 600)).toEqual({ first: 2, end: 3 });
  expect(windowOf(0, 34, 0, 600)).toEqual({ first: 0, end: 0 });
});

test("a row out of sight is brought to the nearer edge", () => {
  expect(scrollTo(0, 34, 340, 600)).toBe(0);
  expect(scrollTo(5, 34, 0, 600)).toBe(0);
  expect(scrollTo(20, 34, 0, 600)).toBe(21 * 34 - 600);
});

test("a row is found again wherever others have moved it to", () => {
  const keyAt = (index: number) => "abcdef"[index]!;
  expect(follow({ index: 1, key: "e" }, 6, keyAt)).toEqual({ index: 4, key: "e" });
  expect(follow({ index: 9, key: "a" }, 6, keyAt)).toEqual({ index: 0, key: "a" });
  expect(follow({ index: 2, key: "c" }, 6, keyAt)).toEqual({ index: 2, key: "c" });
});

test("in the place of a row that is gone is another, and in that of none the first", () => {
  const keyAt = (index: number) => "abc"[index]!;
  expect(follow({ index: 1, key: "x" }, 3, keyAt)).toEqual({ index: 1, key: "b" });
  expect(follow({ index: 7, key: "x" }, 3, keyAt)).toEqual({ index: 2, key: "c" });
  expect(follow({ index: 7, key: "x" }, 0, keyAt)).toEqual({ index: 0 });
  expect(follow({ index: 0 }, 3, keyAt)).toEqual({ index: 0 });
});
