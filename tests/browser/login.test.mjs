// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, loginLink, open } from "./browser.mjs";

test("whoever is not logged in is told how, and can paste the link", async () => {
  const { page, close } = await open({ link: "" });
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  assert.match(await page.innerText("main"), /portreeve ui/);
  await page.getByLabel("Or paste the link here").fill("nonsense");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("That is not such a link").waitFor();
  await page.getByLabel("Or paste the link here").fill(loginLink());
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await close();
});

test("the secret of the link is nowhere to be found afterwards, and the link works once", async () => {
  const link = loginLink();
  const { page, close } = await open({ link });
  assert.equal(await page.evaluate(() => location.href), `${HOME}#/overview`);
  await close();
  const second = await open({ link: "" });
  await second.page.goto(link);
  await second.page.getByText("This link is not good any more").waitFor();
  await second.close();
});

test("who logs out sees nothing any more", async () => {
  const { page, close } = await open();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await close();
});

test("who may only look is told so and offered no change", async () => {
  const { page, close } = await open({ link: loginLink("--observe"), at: "connections" });
  await page.getByText("may look, not change").waitFor();
  await page.locator(".long-sheet .row").first().click();
  await page.locator(".drawer").getByText("This session may look and change nothing").waitFor();
  assert.equal(await page.getByText("Make a rule").count(), 0);
  await close();
});
