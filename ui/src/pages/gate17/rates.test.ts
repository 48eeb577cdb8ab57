// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { lookOf, stackOf, withLook, type Look } from "./rates";

test("a look has what goes both ways together, and there is one a second at most", () => {
  const look = lookOf([{ name: "tor", rate_in: 100, rate_out: 20 }], 7_900);
  expect(look).toEqual({ time: 7, rates: { tor: 120 } });
  expect(withLook([look], look, 5)).toHaveLength(1);
  expect(withLook([look, { time: 8, rates: {} }], { time: 9, rates: {} }, 2).map(({ time }) => time)).toEqual([8, 9]);
});

test("bars end with the latest look, each has the most of its time, before the first there is nothing", () => {
  const looks: Look[] = [{ time: 100, rates: { a: 5 } }, { time: 103, rates: { a: 9, b: 1 } }, { time: 106, rates: { a: 2, b: 4 } }];
  const { times, series } = stackOf(looks, 5, 3);
  expect(times).toEqual([95, 100, 105]);
  expect(series).toEqual([{ name: "a", values: [0, 9, 2] }, { name: "b", values: [0, 1, 4] }]);
});

test("of more ways than there are colours the last are one", () => {
  const rates = Object.fromEntries([..."abcdefgh"].map((name, at) => [name, at]));
  const { series } = stackOf([{ time: 100, rates }, { time: 103, rates: { ...rates, f: 1 } }], 5, 1);
  expect(series.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e", "others"]);
  expect(series.at(-1)!.values).toEqual([5 + 6 + 7]);
});
