// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Connection } from "../../api/types";
import { rangeOf } from "../../format/network";
import { flowOf } from "./flow";

const row = (path: string, domain: string, address: string, action = "allow") =>
  ({ process: { path }, domain, remote: { address }, verdict: { action }, bytes_in: 100, bytes_out: 0 }) as unknown as Connection;

test("what goes into a column comes out of it", () => {
  const rows = [row("/a", "x.test", "192.0.2.1"), row("/a", "y.test", "192.0.2.9"), row("/b", "x.test", "198.51.100.1", "block")];
  const { nodes, ribbons } = flowOf(rows, "connections", rangeOf);
  for (const column of ["program", "domain", "network"]) expect(nodes.filter((node) => node.column === column).reduce((sum, { value }) => sum + value, 0)).toBe(3);
  expect(ribbons.filter(({ from }) => from.column === "program").reduce((sum, { value }) => sum + value, 0)).toBe(3);
  expect(ribbons.find(({ from }) => from.title === "b")?.refused).toBe(true);
});

test("no two nodes of a column lie over each other, and the many small ones are one", () => {
  const rows = Array.from({ length: 40 }, (_, at) => row(`/p${at}`, `n${at}.test`, `192.0.${at}.1`));
  const { nodes } = flowOf(rows, "bytes", rangeOf);
  for (const column of ["program", "domain", "network"]) {
    const own = nodes.filter((node) => node.column === column).sort((a, b) => a.y - b.y);
    expect(own).toHaveLength(11);
    own.slice(1).forEach((node, at) => expect(node.y).toBeGreaterThan(own[at]!.y + own[at]!.height));
    expect(own.some(({ title }) => title === "30 others")).toBe(true);
  }
});

test("nothing is an empty picture", () => expect(flowOf([], "connections", rangeOf).nodes).toEqual([]));
