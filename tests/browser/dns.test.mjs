// SPDX-License-Identifier: GPL-3.0-or-later
import { test } from "node:test";
import { connect, open, until } from "./browser.mjs";

test("a question is in the log with who asked and the answer, and says why", async () => {
  const { page, close } = await open({ at: "dns" });
  await connect("mail", "mail.example.net", 443);
  const log = page.getByRole("table", { name: "Questions" });
  const asked = log.locator(".row", { hasText: "mail.example.net" }).first();
  await asked.waitFor();
  await asked.click();
  const drawer = page.locator(".drawer");
  await drawer.getByText("Rules", { exact: true }).waitFor();
  await drawer.getByText(/10\.9\.0\.11|fd09::11/).first().waitFor();
  await close();
});

test("upstreams, the cache and the most asked names are shown", async () => {
  const { page, close } = await open({ at: "dns" });
  await page.getByRole("region", { name: "Upstreams" }).getByText("10.9.0.60").waitFor();
  await page.getByRole("region", { name: "Cache" }).getByRole("rowheader").first().waitFor();
  await page.getByRole("region", { name: "Most asked names" }).getByText("news.example.org", { exact: true }).waitFor();
  await close();
});

test("what the resolver keeps is forgotten by name, or all of it", async () => {
  const { page, close } = await open({ at: "dns" });
  const cache = page.getByRole("region", { name: "Cache" });
  const kept = cache.getByRole("rowheader", { name: "mail.example.net" });
  await until(async () => {
    await connect("mail", "mail.example.net", 443); // its answers are good for a moment only
    return (await kept.count()) > 0;
  }, "it is kept");
  await cache.getByLabel("Which names to forget").fill("mail.example.net");
  await connect("mail", "mail.example.net", 443);
  await cache.getByRole("button", { name: "Forget", exact: true }).click();
  await page.getByText(/[1-9]\d* answers? for mail\.example\.net and below forgotten/).waitFor();
  await until(async () => (await kept.count()) === 0, "it is gone");
  await cache.getByLabel("Which names to forget").fill("");
  await cache.getByRole("button", { name: "Forget all" }).click();
  await page.getByText(/answers? forgotten/).waitFor();
  await close();
});
