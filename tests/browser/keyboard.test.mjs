// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, until } from "./browser.mjs";
import { PAGES } from "./pages.mjs";

test("each page is reached by keyboard alone, and the focus goes to its title", async () => {
  const { page, close } = await open();
  for (const at of PAGES.slice(1)) {
    await page.locator(`nav a[href="#/${at}"]`).focus();
    await page.keyboard.press("Enter");
    await until(() => page.evaluate(() => document.activeElement?.id === "page-title"), `the focus is on the title of ${at}`);
  }
  await close();
});

test("one can leave out the navigation", async () => {
  const { page, close } = await open();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await close();
});

test("/ leads to the filter, Escape closes what is open", async () => {
  const { page, close } = await open({ at: "connections" });
  await page.locator(".long-sheet .row").first().waitFor();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Filter");
  await page.keyboard.press("Escape");
  await page.locator(".long-sheet .row").first().press("Enter");
  await page.locator(".drawer").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".drawer").waitFor({ state: "detached" });
  await close();
});

test("the colours that one chose are there again after a reload", async () => {
  const { page, close } = await open();
  await page.getByLabel("Colours").selectOption("dark");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.reload();
  await page.locator(".hero").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await close();
});
