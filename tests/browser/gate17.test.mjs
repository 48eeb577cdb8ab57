// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, open, until } from "./browser.mjs";

test("each way is shown with its state and what went through it, the latest connections by their way", async () => {
  const { page, close } = await open({ at: "gate17" });
  assert.ok((await connect("private", "10.9.0.13", 443)).ok);
  const home = page.getByRole("region", { name: "home" });
  await home.getByText("works").waitFor();
  await home.getByText("exit.example.net:1080").waitFor();
  await home.getByText(/^(10\.9\.0\.2|\[fd09::2\]):1080$/).waitFor();
  await home.getByText(/[1-9]\d* streams? opened/).waitFor();
  await home.getByText(/[\d.]+ ms/).waitFor();
  await page.getByRole("region", { name: "office" }).getByText("HTTP CONNECT").waitFor();
  const chart = page.getByRole("region", { name: "Throughput by way" });
  await chart.getByRole("img").waitFor();
  const drawing = await chart.locator("canvas").elementHandle();
  const latest = page.getByRole("region", { name: "What went through" });
  await latest.getByRole("row", { name: /private .*:443.* home/ }).first().waitFor();
  for (let looks = 0; looks < 2; looks++) await page.waitForResponse(/\/api\/v1\/gate$/);
  assert.ok(await drawing.evaluate((canvas) => canvas.isConnected), "the chart is made anew at each look");
  await close();
});

test("from a way one comes to its connections, found by the filter", async () => {
  const { page, close } = await open({ at: "gate17" });
  await page.getByRole("link", { name: "Connections by home" }).click();
  await page.getByRole("heading", { name: "Connections" }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Filter" }).inputValue(), "way:home");
  const rows = page.locator(".long-sheet .row");
  await until(async () => (await rows.count()) > 0, "its connections are shown");
  for (const row of await rows.allInnerTexts()) assert.match(row, /private/);
  await rows.first().click();
  await page.locator(".drawer").getByText("through Gate17 by home").waitFor();
  await close();
});
