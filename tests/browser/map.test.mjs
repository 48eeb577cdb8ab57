// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.mjs";

test("the map leads from programs by names to countries, operators or networks, and one can click through", async () => {
  const { page, close } = await open({ at: "map" });
  await page.getByRole("button", { name: /^mail:/ }).waitFor();
  await page.getByRole("button", { name: /^news\.example\.org:/ }).waitFor();
  await page.getByRole("button", { name: /^New Zealand:/ }).waitFor();
  await page.getByRole("button", { name: /^the local network:/ }).waitFor();
  await page.getByRole("button", { name: "operator" }).click();
  await page.getByRole("button", { name: /^Post Example \(AS64497\):/ }).waitFor();
  await page.getByRole("button", { name: "network", exact: true }).click();
  await page.getByRole("button", { name: /^10\.9\.0\.0\/24:/ }).waitFor();
  await page.getByRole("button", { name: "country" }).click();
  await page.getByRole("button", { name: /^Iceland:/ }).press("Enter");
  await page.getByText("Only what goes through Iceland").waitFor();
  assert.equal(await page.getByRole("button", { name: /^news\.example\.org:/ }).count(), 0);
  const filter = decodeURIComponent(await page.getByRole("link", { name: "Iceland as connections" }).getAttribute("href"));
  assert.match(filter, /remote:(10\.9\.0\.\d+|fd09::[0-9a-f]+)/);
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("button", { name: /^mail:/ }).press("Enter");
  await page.getByText("Only what goes through mail").waitFor();
  assert.equal(await page.getByRole("button", { name: /^news\.example\.org:/ }).count(), 0);
  await page.getByRole("button", { name: /^mail\.example\.net:/ }).waitFor();
  await page.getByRole("link", { name: "mail as connections" }).click();
  await page.getByRole("heading", { name: "Connections" }).waitFor();
  await close();
});
