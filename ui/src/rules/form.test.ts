// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { badPort, EMPTY, formOf, mistakesIn, textOfForm } from "./form";

const RULE = `[[rule]]
name     = "curl may read"
action   = "allow"
process  = { path = "/usr/bin/curl" }
protocol = "tcp"
domain   = ["a.test", ".b.test"]
port     = [443, "8000-8100"]
`;

test("a form says what the text says, there and back", () => {
  const fields = formOf(RULE)!;
  expect(fields).toMatchObject({ name: "curl may read", program: "/usr/bin/curl", domain: "a.test, .b.test", port: "443, 8000-8100" });
  expect(formOf(textOfForm(fields))).toEqual(fields);
});

test.each(['not = { scope = "lan" }', 'process = { name = "curl" }', 'user = ["a", "b"]', "once = true", 'list = "ads"', "# a remark"])(
  "what a form cannot say stays text: %s", (line) => expect(formOf(`[[rule]]\nname = "x"\naction = "allow"\n${line}`)).toBeUndefined());

test("a port that is none is named", () => {
  expect(badPort("443, 80-90")).toBeUndefined();
  expect(badPort("443, http")).toBe("http");
  expect(textOfForm({ ...EMPTY, name: "x", port: "443" })).toContain("port   = 443");
});

test("errors are told by line", () => {
  expect(mistakesIn('rule:3:10: unknown word "alow"; did you mean "allow"?\nsomething else')).toEqual({
    at: [{ line: 3, column: 10, words: 'unknown word "alow"; did you mean "allow"?' }], rest: "something else" });
});
