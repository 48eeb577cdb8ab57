// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, HOME, go, loginLink, open, portreeve, until } from "./browser.mjs";

test("the settings are shown section by section, and found by a word", async () => {
  const { page, close } = await open({ at: "settings" });
  await page.getByRole("group", { name: "[resolver]" }).getByText("upstreams").waitFor();
  await page.getByLabel("Find a setting").fill("upstr");
  await until(async () => (await page.getByRole("group", { name: "[policy]" }).count()) === 0, "the others are gone");
  await page.getByLabel("Find a setting").fill("nonsense");
  await page.getByText("No setting of that name.").waitFor();
  await close();
});

test("a setting of [policy] is changed, is in force at once, and can be taken back", async () => {
  const { page, close } = await open({ at: "settings" });
  const row = page.getByRole("group", { name: "[policy]" }).getByRole("row", { name: /^default/ });
  await row.getByRole("button", { name: "Change policy.default" }).click();
  await row.getByLabel("policy.default").selectOption("block");
  await row.getByRole("button", { name: "Put in force" }).click();
  await page.locator(".notice").getByText("policy.default is changed").waitFor();
  await row.getByText(/change \d+/).waitFor();
  assert.ok(!(await connect("sync", "10.9.0.13", 443)).ok, "it is not in force");
  await page.locator(".notice").getByRole("button", { name: "Undo" }).click();
  await page.getByText("Taken back.").waitFor();
  assert.ok((await connect("sync", "10.9.0.13", 443)).ok, "it is still in force");
  await row.getByText(/portreeve\.toml:\d+/).waitFor();
  await page.getByRole("group", { name: "[policy]" }).getByRole("button", { name: "Change policy.answer_seconds" }).click();
  await page.getByLabel("policy.answer_seconds").fill("17");
  await page.getByRole("button", { name: "Put in force" }).press("Enter");
  await page.locator(".notice").getByText("policy.answer_seconds is changed").waitFor();
  assert.match(portreeve("settings"), /answer_seconds.*17/);
  portreeve("settings", "reset", "policy.answer_seconds");
  await close();
});

test("a token is made, shown once, works for its role alone, and is revoked at once", async () => {
  const { page, close } = await open({ at: "settings" });
  await page.getByText("There is no token.").waitFor();
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("button", { name: "Make the token" }).click();
  await page.getByText("A token needs a name.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("a script");
  await page.getByRole("button", { name: "Make the token" }).click();
  const token = (await page.getByLabel("The token “a script”").innerText()).trim();
  assert.match(token, /^portreeve_/);
  const asked = async (path, more) => (await fetch(`${HOME}api/v1/${path}`, { headers: { Authorization: `Bearer ${token}` }, ...more })).status;
  assert.equal(await asked("status"), 200);
  assert.equal(await asked("rules/confirm", { method: "POST", body: "{}", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } }), 403);
  await page.getByRole("button", { name: "I have kept it" }).click();
  assert.equal(await page.getByText(token).count(), 0);
  const row = page.getByRole("row", { name: /a script/ });
  await row.getByRole("button", { name: "Revoke a script" }).click();
  assert.equal(await asked("status"), 200, "one click revokes nothing");
  await row.getByRole("button", { name: "Revoke for good a script" }).click();
  await page.locator(".notice").getByText("is revoked").waitFor();
  assert.equal(await asked("status"), 401);
  assert.doesNotMatch(portreeve("token", "list"), /a script/);
  await close();
});

test("how times are written is kept in this browser, and questions are answered by keys only for who wants it", async () => {
  const { page, close } = await open({ at: "settings" });
  await page.getByLabel("Times").selectOption("absolute");
  await page.getByLabel("Single keys answer questions").uncheck();
  await page.reload();
  await page.locator(".shell").waitFor();
  await go(page, "programs");
  await page.locator(".long-sheet time", { hasText: /\d{4}, \d\d:\d\d:\d\d/ }).first().waitFor();
  await go(page, "settings");
  assert.equal(await page.getByLabel("Single keys answer questions").isChecked(), false);
  await close();
});

test("one logs out of the settings; who may only look makes no token", async () => {
  const { page, close } = await open({ link: loginLink("--observe"), at: "settings" });
  await page.getByText("Tokens are made and revoked by who may change rules.").waitFor();
  await page.getByRole("main").getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await close();
});
