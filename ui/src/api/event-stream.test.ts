// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { EventCutter } from "./event-stream";

test("an event that comes in two pieces is one event", () => {
  const cutter = new EventCutter();
  expect(cutter.take("retry: 3000\n: connected\n\nevent: connection\nid: 7\nda")).toEqual([]);
  expect(cutter.take('ta: {"id":7}\n\n')).toEqual([{ type: "connection", id: "7", data: '{"id":7}' }]);
});

test("signs of life are no events", () => {
  expect(new EventCutter().take(": still here\n\n: still here\n\n")).toEqual([]);
});

test("several lines of data are one text", () => {
  expect(new EventCutter().take("data: a\ndata: b\n\n")[0]?.data).toBe("a\nb");
});
