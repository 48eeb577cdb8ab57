// SPDX-License-Identifier: GPL-3.0-or-later
// Each page as it is: screenshots.mjs FOLDER
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { closeBrowser, connect, go, open, until } from "./browser.mjs";
import { fetchPage } from "./fetch.mjs";
import { PAGES } from "./pages.mjs";

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });

const rest = (page) => page.waitForTimeout(1500); // until what was asked for is drawn

async function show(page, name) {
  await until(async () => (await page.locator("main .loading").count()) === 0, `${name} has what it shows`);
  await page.evaluate(() => scrollTo(0, 0));
  await rest(page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`${name}.png`);
}

const waiting = []; // programs that are asked about

// What is worth seeing of a page beyond how it begins.
const PREPARE = {
  overview: (page) => page.getByRole("button", { name: "24 hours" }).click(),
  connections: async (page) => {
    await page.getByRole("combobox", { name: "Filter" }).fill("-verdict:nameserver -program:chromium,portreeve-resolver");
    await page.keyboard.press("Escape");
    await rest(page);
    await page.locator(".long-sheet .row", { hasText: "telemetry is refused" }).first().click();
  },
  programs: async (page) => page.locator(".long-sheet .row", { has: page.getByText("browser", { exact: true }) }).click(),
  prompts: async (page) => {
    waiting.push(fetchPage(), fetchPage({ program: "fetch-more", url: "http://mail.example.net:8080/" }));
    await page.getByRole("heading", { name: /wants to reach/ }).waitFor();
    await page.getByText("fetch-more").first().waitFor();
  },
  rules: async (page) => {
    await page.getByRole("button", { name: "New rule" }).click();
    await page.getByLabel("Name", { exact: true }).fill("mail only to its server");
    await page.getByLabel("Program").fill("/usr/bin/mail");
    await page.getByLabel("Names").fill("mail.example.net");
  },
};

for (const [program, host, port] of [["browser", "news.example.org", 443], ["mail", "mail.example.net", 443], ["telemetry", "10.9.0.12", 443]]) await connect(program, host, port);
const { page: anybody, close: leave } = await open({ link: "", width: 1440, height: 900 });
await show(anybody, "login");
await leave();
const { page, close } = await open({ width: 1440, height: 900 });
for (const at of PAGES) {
  await go(page, at);
  await PREPARE[at]?.(page);
  await show(page, at);
}
await close();
const dark = await open({ width: 1440, height: 900, dark: true });
await PREPARE.overview(dark.page);
await show(dark.page, "overview-dark");
await dark.close();
const narrow = await open({ width: 360, height: 740 });
await PREPARE.overview(narrow.page);
await show(narrow.page, "overview-narrow");
await narrow.close();
for (const one of waiting) one.kill();
await closeBrowser();
