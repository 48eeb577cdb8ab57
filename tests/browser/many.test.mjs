// SPDX-License-Identifier: GPL-3.0-or-later
// The table with as many connections as it takes: 100,000 of the past.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, until } from "./browser.mjs";

const WANTED = 100_000;

test("the table holds 100,000 connections and draws those in sight alone", { timeout: 300_000 }, async () => {
  const { page, close } = await open({ at: "connections" });
  await page.locator(".long-sheet .row").first().waitFor();
  const body = page.locator(".long-body");
  const count = async () => Number((await page.getByRole("table", { name: "Connections" }).getAttribute("aria-rowcount")) ?? 0) - 1;
  await until(async () => {
    await body.evaluate((element) => (element.scrollTop = element.scrollHeight));
    return (await count()) >= WANTED;
  }, "the past is loaded as one scrolls to it", 240);
  const slowest = await body.evaluate(async (element) => {
    const frames = [];
    for (let step = 0; step < 60; step++) {
      element.scrollTop = (element.scrollHeight * ((step * 17) % 60)) / 60;
      const started = performance.now();
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      frames.push(performance.now() - started);
    }
    return frames.sort((a, b) => a - b);
  });
  console.log(`# a frame while scrolling through ${await count()} rows: ${slowest[30].toFixed(1)} ms (half of them), ${slowest[57].toFixed(1)} ms (19 of 20)`);
  const drawn = await page.locator(".long-sheet .row").count();
  assert.ok(drawn > 10 && drawn < 120, `${drawn} rows are drawn`);
  await body.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
  await until(async () => Math.abs(Number(await page.locator(".long-sheet .row").first().getAttribute("data-index")) - (await count()) / 2) < 100, "the middle is drawn");
  await close();
});
