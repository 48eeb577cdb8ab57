// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, status } from "./browser.mjs";

test("the overview says that the suite enforces, and how each process is", async () => {
  const { page, close } = await open();
  await page.locator(".hero-state", { hasText: "Enforcing" }).waitFor();
  for (const { name } of status().processes) await page.locator(".processes strong", { hasText: name }).first().waitFor();
  await close();
});

test("the overview shows what was blocked last, and leads to it", async () => {
  const { page, close } = await open();
  const latest = page.getByRole("region", { name: "Latest blocked" });
  await latest.getByText("telemetry").first().click();
  await page.getByRole("heading", { name: "Connections" }).waitFor();
  assert.match(await page.getByRole("combobox", { name: "Filter" }).inputValue(), /program:\w+ verdict:block,drop/);
  await close();
});

test("traffic by program is drawn for each time and measure, and is there as a table", async () => {
  const { page, close } = await open();
  const card = page.getByRole("region", { name: "Traffic by program" });
  for (const range of ["24 hours", "7 days", "30 days", "1 hour"]) {
    await card.getByRole("button", { name: range }).click();
    await card.locator(".legend").getByText("browser").waitFor();
  }
  await card.getByRole("button", { name: "Bytes" }).click();
  await card.getByText("The same as a table").click();
  await card.locator("table.plain").getByText(/B$/).first().waitFor();
  const drawn = await card.locator("canvas").evaluate((canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0));
  assert.ok(drawn, "nothing is on the canvas");
  await close();
});
