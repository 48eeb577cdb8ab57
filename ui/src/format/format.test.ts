// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { ago, briefly, bytes, lasted, lastPart, short } from "./format";

test("sizes have three digits at most and a binary unit", () => {
  expect([0, 1023, 1024, 1536, 200 * 1024, 5 * 1024 ** 3].map(bytes)).toEqual(["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "200 KiB", "5.0 GiB"]);
});

test("times are told by how long they are past", () => {
  const now = Date.parse("2026-11-29T12:00:00Z");
  expect(ago("2026-11-29T11:59:59Z", now)).toBe("now");
  expect(ago("2026-11-29T11:59:30Z", now)).toBe("30 sec. ago");
  expect(ago("2026-11-29T10:00:00Z", now)).toBe("2 hr. ago");
  expect(ago("2026-11-28T11:00:00Z", now)).toBe("yesterday");
  expect(ago(undefined, now)).toBe("");
});

test("a stage is told in microseconds, milliseconds or seconds", () => {
  expect([120.4, 3200, 5_250_000].map(briefly)).toEqual(["120 µs", "3.2 ms", "5.3 s"]);
});

test("a connection lasted as long as its unit is useful for", () => {
  expect(lasted("2026-11-29T12:00:00.000Z", "2026-11-29T12:00:00.250Z")).toBe("250 ms");
  expect(lasted("2026-11-29T12:00:00Z", "2026-11-29T12:00:09.5Z")).toBe("9.5 s");
  expect(lasted("2026-11-29T12:00:00Z", "2026-11-29T12:10:00Z")).toBe("10 min");
});

test("large counts are short, small ones exact", () => {
  expect([999, 9_999, 12_345, 3_400_000].map(short)).toEqual(["999", "9,999", "12.3K", "3.4M"]);
});

test("a program is called by the last part of its path", () => {
  expect(lastPart("/usr/bin/curl")).toBe("curl");
  expect(lastPart(undefined)).toBe("");
});
