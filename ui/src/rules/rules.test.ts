// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Connection } from "../api/types";
import { opposite, suggestions } from "./suggest";
import { exactPath, freeName, quoted, ruleText } from "./toml";

const curl = {
  id: 1, direction: "out", protocol: "tcp", domain: "www.example.org",
  remote: { address: "192.0.2.7", port: 443 }, local: { address: "10.0.0.1", port: 40000 },
  process: { path: "/usr/bin/curl" }, verdict: { action: "block" },
} as unknown as Connection;

test("a rule is written as one would write it", () => {
  expect(ruleText({ name: "curl", action: "allow", process: { path: "/usr/bin/curl" }, domain: ["a.test", "b.test"], port: [443] })).toBe(
    '[[rule]]\nname    = "curl"\naction  = "allow"\nprocess = { path = "/usr/bin/curl" }\ndomain  = ["a.test", "b.test"]\nport    = 443\n');
});

test("what would end a text or be a wildcard is taken by itself", () => {
  expect(quoted('a"b\\c\nd')).toBe('"a\\"b\\\\c\\u000ad"');
  expect(exactPath("/opt/[x]*")).toBe("/opt/\\[x\\]\\*");
});

test("a blocked connection suggests to allow it, the narrowest way first", () => {
  expect(opposite(curl)).toBe("allow");
  const made = suggestions(curl, "allow");
  expect(made[0]?.parts).toMatchObject({ domain: ["www.example.org"], port: [443], process: { path: "/usr/bin/curl" } });
  expect(made.map((one) => one.parts.domain?.[0])).toContain(".example.org");
  expect(new Set(made.map((one) => one.parts.name)).size).toBe(made.length);
});

test("what came in suggests the port here", () => {
  const made = suggestions({ ...curl, direction: "in", domain: "", local: { address: "10.0.0.1", port: 22 } } as Connection, "block");
  expect(made[0]?.parts).toMatchObject({ direction: "in", port: [22] });
});

test("a name that is taken gets a number", () => {
  expect(freeName("x", ["x", "x (2)"])).toBe("x (3)");
  expect(freeName("y", ["x"])).toBe("y");
});
