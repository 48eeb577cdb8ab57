// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.mjs";

test("the map leads from programs by names to networks, and one can click through", async () => {
  const { page, close } = await open({ at: "map" });
  await page.getByRole("button", { name: /^mail:/ }).waitFor();
  await page.getByRole("button", { name: /^news\.example\.org:/ }).waitFor();
  await page.getByRole("button", { name: /^10\.9\.0\.0\/24:/ }).waitFor();
  await page.getByRole("button", { name: /^mail:/ }).press("Enter");
  await page.getByText("Only what goes through mail").waitFor();
  assert.equal(await page.getByRole("button", { name: /^news\.example\.org:/ }).count(), 0);
  await page.getByRole("button", { name: /^mail\.example\.net:/ }).waitFor();
  await page.getByRole("link", { name: "mail as connections" }).click();
  await page.getByRole("heading", { name: "Connections" }).waitFor();
  await close();
});
