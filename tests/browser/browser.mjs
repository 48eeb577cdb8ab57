// SPDX-License-Identifier: GPL-3.0-or-later
// A browser with the pages open, and what goes wrong in it: errors, and what the Content Security
// Policy had to refuse.
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(new URL("../../ui/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// It keeps to itself: all that it asks of the network is our own server.
const QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
  "--disable-gpu", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"];
export const HOME = "http://127.0.0.1:817/";

export const portreeve = (...words) => execFileSync(process.env.PORTREEVE, words, { encoding: "utf8" });
export const status = () => JSON.parse(portreeve("status", "--json"));
export const loginLink = (...options) => /http:\/\/127\.0\.0\.1:817\/login#\w+/.exec(portreeve("ui", "--print", ...options))[0];

// One connection of a program of the scene; what it saw.
export function connect(program, host, port, ...options) {
  return new Promise((resolve) => {
    const child = spawn(join(process.env.PROGRAMS, program), ["tcp", host, String(port), ...options]);
    let text = "";
    child.stdout.on("data", (piece) => (text += piece));
    child.on("close", () => resolve(JSON.parse(text.trim().split("\n").pop())));
  });
}

let running;
export async function browser() {
  running ??= await chromium.launch({ executablePath: "/usr/bin/chromium", args: QUIET });
  return running;
}
export const closeBrowser = async () => running?.close();

// A window of its own, logged in unless `link` is "": { page, faults }.
export async function open({ width = 1280, height = 800, dark = false, link = loginLink(), at = "overview", ...more } = {}) {
  const context = await (await browser()).newContext({
    viewport: { width, height }, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce", locale: "en-GB", ...more });
  context.setDefaultTimeout(45_000);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => /Content Security Policy/i.test(message.text()) && faults.push(message.text()));
  await page.goto(link || HOME);
  if (link) {
    await page.locator(".shell").waitFor();
    await go(page, at);
  }
  return { page, faults, close: () => context.close() };
}

export async function go(page, at) {
  await page.evaluate((hash) => (location.hash = hash), `#/${at}`);
  await page.locator("h1").first().waitFor();
}

// What axe has to say, in words; empty: nothing.
export async function accessibility(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 4).map(({ html, any }) => `${html.slice(0, 140)} (${any[0]?.message ?? ""})`).join(" | ")}`);
}

// Whether something is wider than the window.
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export async function until(condition, what, seconds = 45) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${typeof what === "function" ? await what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
