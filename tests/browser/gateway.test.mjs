// SPDX-License-Identifier: GPL-3.0-or-later
// When the gateway goes, and comes back. Last of all: its end is every session's end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loginLink, open, status, until } from "./browser.mjs";

test("while the gateway is away the pages say so and stay; when it is back they go on", async () => {
  const { page, close } = await open({ at: "connections" });
  await page.locator(".long-sheet .row").first().waitFor();
  const { pid } = status().processes.find(({ name }) => name === "gateway");
  process.kill(pid, "SIGSTOP"); // as one that hangs
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  process.kill(pid, "SIGKILL");
  await page.getByText(/The gateway does not answer|Log in/).first().waitFor({ timeout: 30_000 });
  await until(() => {
    const now = status().processes.find(({ name }) => name === "gateway");
    return now.state === "running" && now.pid !== pid;
  }, "the gateway is there again", 30);
  await page.getByRole("heading", { name: "Log in" }).waitFor({ timeout: 30_000 });
  assert.match(await page.innerText("main"), /portreeve ui/);
  await page.getByLabel("Or paste the link here").fill(loginLink());
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator(".suite-state", { hasText: "Enforcing" }).waitFor();
  await close();
});
