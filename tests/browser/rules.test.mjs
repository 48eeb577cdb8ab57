// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, open, portreeve, until } from "./browser.mjs";

const line = (page, name) => page.locator(".rule-list > li", { has: page.getByRole("button", { name, exact: true }) });
const ownOrder = () => JSON.parse(`[${portreeve("rules", "--json").trim().split("\n").join(",")}]`).filter(({ layer }) => layer === "suite").map(({ name }) => name);
const undo = (page) => page.locator(".notice").last().getByRole("button", { name: "Undo" }).click();

test("the whole order in force is shown with where each rule stands and its hits", async () => {
  const { page, close } = await open({ at: "rules" });
  const rule = line(page, "telemetry is refused");
  await rule.getByText(/\d+ hits?/).waitFor();
  await rule.getByRole("button", { name: "telemetry is refused", exact: true }).click();
  await rule.getByText(/50-test\.toml:\d+/).waitFor();
  await rule.getByText("This rule stands in a file of yours").waitFor();
  await close();
});

test("a rule is written as a form, tried, put in force, and taken back", async () => {
  const { page, close } = await open({ at: "rules" });
  await page.getByRole("button", { name: "New rule" }).click();
  const editor = page.locator(".drawer");
  await editor.getByRole("button", { name: "Put in force" }).click();
  await editor.getByText("A rule needs a name.").waitFor();
  await editor.getByLabel("Name", { exact: true }).fill("no chat");
  await editor.getByLabel("Program").fill(`${process.env.PROGRAMS}/chat`);
  await editor.getByLabel("Ports").fill("http");
  await editor.getByText("“http” is no port").waitFor();
  await editor.getByLabel("Ports").fill("7000, 7100-7200");
  await editor.getByRole("button", { name: "What would have changed?" }).click();
  await editor.getByText(/chat: allowed → blocked/).waitFor();
  await editor.getByRole("button", { name: "Put in force" }).click();
  await page.getByText("“no chat” is in force.").waitFor();
  assert.ok(!(await connect("chat", "10.9.0.13", 7000)).ok, "the rule does not hold");
  await undo(page);
  await page.getByText("Taken back.").waitFor();
  assert.ok((await connect("chat", "10.9.0.13", 7000)).ok, "the rule still holds");
  await close();
});

test("an error in a rule's text is shown at its line, and nothing is changed", async () => {
  const { page, close } = await open({ at: "rules" });
  const before = portreeve("rules", "--toml");
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByRole("button", { name: "Text", exact: true }).click();
  await page.getByLabel("The rule as text").fill('[[rule]]\nname   = "x"\naction = "alow"\n');
  await page.getByRole("button", { name: "Put in force" }).click();
  await page.locator(".code-field li.wrong", { hasText: "3" }).waitFor();
  await page.getByText(/Line 3:.*did you mean "allow"/).waitFor();
  assert.equal(portreeve("rules", "--toml"), before);
  await close();
});

test("rules are ordered by their buttons and by dragging, which can be taken back", async () => {
  portreeve("rule", "add", "--block", "--program", "/nowhere/a", "--name", "first of two");
  portreeve("rule", "add", "--block", "--program", "/nowhere/b", "--name", "second of two");
  const { page, close } = await open({ at: "rules" });
  const started = ownOrder();
  await page.getByRole("button", { name: "Move up: second of two" }).press("Enter");
  await page.getByText(/“second of two” is asked as number \d+ now/).waitFor();
  const at = (name) => ownOrder().indexOf(name);
  assert.ok(at("second of two") < at("first of two"));
  await undo(page);
  await until(() => JSON.stringify(ownOrder()) === JSON.stringify(started), "the order is as it was");
  await until(async () => (await page.locator(".rule-list .rule-name").allInnerTexts()).indexOf("first of two") < (await page.locator(".rule-list .rule-name").allInnerTexts()).indexOf("second of two"), "the page shows that");
  await line(page, "second of two").dragTo(line(page, "first of two"));
  await until(() => at("second of two") < at("first of two"), "it was dragged to its new place");
  for (const name of ["first of two", "second of two"]) portreeve("rule", "remove", name);
  await close();
});

test("a rule is changed at its place", async () => {
  portreeve("rule", "add", "--block", "--program", "/nowhere/c", "--name", "to be changed");
  const { page, close } = await open({ at: "rules" });
  const place = ownOrder().indexOf("to be changed");
  await page.getByRole("button", { name: "Change: to be changed" }).click();
  await page.locator(".drawer").getByLabel("Name", { exact: true }).fill("is changed");
  await page.locator(".drawer").getByLabel("Verdict").selectOption("allow");
  await page.getByRole("button", { name: "Put in force" }).click();
  await page.getByText("“is changed” is changed.").waitFor();
  assert.equal(ownOrder().indexOf("is changed"), place);
  portreeve("rule", "remove", "is changed");
  await close();
});

test("the change log tells who changed what, and takes it back", async () => {
  portreeve("rule", "add", "--block", "--program", "/nowhere/d", "--name", "logged");
  const { page, close } = await open({ at: "rules" });
  const entry = page.locator(".log > li", { hasText: 'rule "logged" was added' }).first();
  await entry.getByText(/uid 0/).waitFor();
  await entry.getByText(/What changed/).click();
  await entry.getByText(/\+name/).waitFor();
  await entry.getByRole("button", { name: "Take back" }).click();
  await page.getByText(/is taken back: rule "logged" was added/).waitFor();
  assert.ok(!ownOrder().includes("logged"));
  await close();
});
