// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import type { Prompt } from "../../api/types";
import { deedOf, firstChoice } from "./keys";

const prompt: Prompt = { id: 7, actions: ["allow", "block", "drop"], lifetimes: ["once", "5m", "exit", "restart", "always"], scopes: ["host", "domain", "port", "program"] };
const choice = { lifetime: "once", scope: "domain" };

test("what one most likely means is chosen at first: the name, else the host, else the program, this once", () => {
  expect(firstChoice(prompt)).toEqual(choice);
  expect(firstChoice({ ...prompt, scopes: ["host", "port", "program"] })).toEqual({ lifetime: "once", scope: "host" });
  expect(firstChoice({ ...prompt, everything: true })).toEqual({ lifetime: "once", scope: "program" });
});

test("letters answer, digits say how long, s goes through what it is about", () => {
  expect(deedOf("a", prompt, choice)).toEqual({ kind: "answer", action: "allow" });
  expect(deedOf("B", prompt, choice)).toEqual({ kind: "answer", action: "block" });
  expect(deedOf("n", prompt, choice)).toEqual({ kind: "dismiss" });
  expect(deedOf("2", prompt, choice)).toEqual({ kind: "choose", choice: { lifetime: "5m", scope: "domain" } });
  expect(deedOf("s", prompt, choice)).toEqual({ kind: "choose", choice: { lifetime: "once", scope: "port" } });
  expect(deedOf("s", prompt, { ...choice, scope: "program" })).toEqual({ kind: "choose", choice: { lifetime: "once", scope: "host" } });
  expect(deedOf("j", prompt, choice)).toEqual({ kind: "move", by: 1 });
});

test("what is not possible is no answer, other keys are nobody's", () => {
  expect(deedOf("d", { ...prompt, actions: ["allow", "block"] }, choice)).toBeUndefined();
  expect(deedOf("6", prompt, choice)).toBeUndefined();
  expect(deedOf("x", prompt, choice)).toBeUndefined();
});
