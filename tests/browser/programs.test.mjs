// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, open, portreeve, until } from "./browser.mjs";

const row = (page, name) => page.locator(".long-sheet .row", { has: page.getByText(name, { exact: true }) });

test("a program shows its identity, traffic, names, rules, and when it was seen", async () => {
  const { page, close } = await open({ at: "programs" });
  await row(page, "browser").click();
  const drawer = page.locator(".drawer");
  await drawer.getByText("news.example.org", { exact: true }).first().waitFor();
  await drawer.getByRole("link", { name: "browser reads the news" }).waitFor();
  for (const words of ["First seen", "Last seen", "Received", "Sent", "Users"]) await drawer.getByText(words, { exact: true }).waitFor();
  await close();
});

test("a switch of a program is a rule that holds at once, and goes with the switch", async () => {
  const { page, close } = await open({ at: "programs" });
  assert.ok((await connect("updater", "10.9.0.13", 80)).ok);
  await row(page, "updater").click();
  const off = page.getByRole("switch", { name: "Block everything" });
  await off.click();
  await until(async () => (await off.getAttribute("aria-checked")) === "true", "the switch is on");
  assert.ok(!(await connect("updater", "10.9.0.13", 80)).ok, "the switch does not hold");
  assert.match(portreeve("rules"), /Block everything: .*updater/);
  await page.locator(".notice").getByRole("button", { name: "Undo" }).click();
  await until(async () => (await off.getAttribute("aria-checked")) === "false", "the switch is off");
  assert.ok((await connect("updater", "10.9.0.13", 80)).ok, "the rule still holds");
  await close();
});

test("a program is found by a part of its path, and none by nonsense", async () => {
  const { page, close } = await open({ at: "programs" });
  await page.getByLabel("Find a program").fill("scann");
  await until(async () => (await page.locator(".long-sheet .row").count()) === 1, "one program is left");
  await page.getByLabel("Find a program").fill("nonsense");
  await page.getByText("No program of that name.").waitFor();
  await close();
});
