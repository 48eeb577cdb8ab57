// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, open, portreeve, until } from "./browser.mjs";

const rows = (page) => page.locator(".long-sheet .row");
const filterBox = (page) => page.getByRole("combobox", { name: "Filter" });

async function shown(page, filter) {
  await filterBox(page).fill(filter);
  await page.keyboard.press("Escape");
  await until(async () => new URL(page.url()).hash.includes(new URLSearchParams({ filter }).toString()) || filter === "", `the filter ${filter} is taken`);
}

test("a connection appears the moment that it is judged", async () => {
  const { page, close } = await open({ at: "connections" });
  await shown(page, "program:chat remote:10.9.0.12 port:443");
  await page.getByText("No connection matches this filter.").waitFor();
  await connect("chat", "10.9.0.12", 443);
  await rows(page).filter({ hasText: "chat" }).waitFor();
  await close();
});

test("a filter finds by program, verdict and name, in what is live and what is past", async () => {
  const { page, close } = await open({ at: "connections" });
  await shown(page, "program:browser verdict:block domain:*.tracker.example");
  await until(async () => (await rows(page).count()) > 3, "blocked connections of the browser are shown");
  for (const text of await rows(page).allInnerTexts()) {
    assert.match(text, /browser/);
    assert.match(text, /blocked/);
    assert.match(text, /ads\.tracker\.example/);
  }
  await close();
});

test("completion offers fields and what was really seen; the keyboard takes it", async () => {
  const { page, close } = await open({ at: "connections" });
  await filterBox(page).pressSequentially("prog");
  await page.getByRole("option", { name: "program:" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.type("tele");
  await page.getByRole("option", { name: /program:telemetry/ }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  assert.equal(await filterBox(page).inputValue(), "program:telemetry ");
  await close();
});

test("a field that there is not is said", async () => {
  const { page, close } = await open({ at: "connections" });
  await filterBox(page).fill("prgram:curl");
  await page.getByText("There is no field “prgram”").waitFor();
  await close();
});

test("what pauses stays as it is, and tells what waits", async () => {
  const { page, close } = await open({ at: "connections" });
  await shown(page, "program:mail");
  await until(async () => (await rows(page).count()) > 0, "mail is shown");
  await page.getByRole("button", { name: "Pause" }).click();
  const before = await rows(page).first().getAttribute("data-index").then(() => rows(page).first().innerText());
  await connect("mail", "mail.example.net", 443);
  await page.getByRole("button", { name: /[1-9]\d* new ones?/ }).waitFor();
  assert.equal(await rows(page).first().innerText(), before);
  await page.getByRole("button", { name: /new ones?/ }).click();
  await until(async () => (await rows(page).first().innerText()) !== before, "the new one is shown");
  await close();
});

test("grouped by program, each is one line that opens", async () => {
  const { page, close } = await open({ at: "connections" });
  await page.getByLabel("Group by").selectOption("program");
  const group = rows(page).filter({ has: page.locator(".group-title", { hasText: "telemetry" }) });
  await group.click();
  assert.equal(await group.getAttribute("aria-expanded"), "true");
  await rows(page).filter({ hasText: "telemetry is refused" }).first().waitFor();
  await close();
});

test("a row opens why it was judged so: identity, ancestors, rules, bytes and times", async () => {
  const { page, close } = await open({ at: "connections?filter=program%3Atelemetry" });
  await rows(page).first().click();
  const drawer = page.locator(".drawer");
  await drawer.getByText("telemetry is refused").first().waitFor();
  for (const words of ["Command line", "Found by", "Started by", "Name", "Remote", "Began", "Received", "Its first packet took"]) await drawer.getByText(words, { exact: true }).waitFor();
  await drawer.getByText(/Rules considered/).waitFor();
  assert.match(await drawer.innerText(), /50-test\.toml:\d+/);
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("row")), "the focus is back in the table");
  await close();
});

test("a rule made of a connection says what it would have changed, is in force when added, and can be taken back", async () => {
  const { page, close } = await open({ at: "connections?filter=program%3Async" });
  assert.ok((await connect("sync", "sync.example.net", 443)).ok);
  await rows(page).first().click();
  const drawer = page.locator(".drawer");
  await drawer.getByRole("button", { name: "Block sync – anywhere" }).click();
  await drawer.getByRole("button", { name: "What would have changed?" }).click();
  await drawer.getByText(/it would have changed [\d,]+ connections? of/).waitFor();
  await drawer.getByText(/sync: allowed → blocked/).waitFor();
  await drawer.getByRole("button", { name: "Add this rule" }).click();
  await page.getByText(/is in force/).waitFor();
  assert.match(portreeve("rules"), /Block sync/);
  assert.ok(!(await connect("sync", "10.9.0.13", 443)).ok, "the new rule does not hold");
  await page.locator(".notice").getByRole("button", { name: "Undo" }).click();
  await page.getByText("Taken back.").waitFor();
  assert.doesNotMatch(portreeve("rules"), /Block sync/);
  assert.ok((await connect("sync", "10.9.0.13", 443)).ok, "the rule still holds");
  await close();
});

// What stays the same of a row: its bytes may still grow.
const factsOf = (row) => ({ index: Number(row.dataset.index), words: [...row.children].filter((cell) => !cell.matches(".c-bytes")).map((cell) => cell.textContent).join(" | ") });
const focusedRow = (page) => page.$eval(".row:focus-within", factsOf).catch(() => undefined);

test("rows that come in above the one with the focus leave it the focus", async () => {
  const { page, close } = await open({ at: "connections" });
  await until(async () => (await rows(page).count()) > 20, "rows are shown");
  await page.getByRole("button", { name: "Pause" }).click();
  for (let made = 0; made < 60; made++) await connect("sync", "10.9.0.13", 443);
  const button = page.getByRole("button", { name: /[6-9]\d new ones/ });
  await button.waitFor();
  await rows(page).first().focus();
  const { words: from } = await focusedRow(page);
  await button.evaluate((element) => element.click()); // by script: the focus stays in the table
  const row = await until(async () => ((await focusedRow(page))?.index ?? 0) >= 60 && focusedRow(page), "the row with the focus has gone down");
  assert.equal(row.words, from, "another row has the focus");
  await page.keyboard.press("ArrowUp");
  await until(async () => (await focusedRow(page))?.index === row.index - 1, "the focus goes on from there");
  await close();
});

test("the table is walked through by keyboard alone, whatever comes in meanwhile", async () => {
  const { page, close } = await open({ at: "connections" });
  await until(async () => (await rows(page).count()) > 20, "rows are shown");
  let over = false;
  const more = async () => {
    while (!over) await connect("sync", "10.9.0.13", 443);
  };
  const traffic = [more(), more(), more()];
  try {
    await rows(page).first().focus();
    const from = await focusedRow(page);
    for (const [key, index] of [["ArrowDown", from.index + 30], ["ArrowUp", from.index]]) {
      for (let step = 0; step < 30; step++) await page.keyboard.press(key);
      await until(async () => (await focusedRow(page))?.index === index, `the focus is on row ${index}`);
    }
    assert.equal((await focusedRow(page)).words, from.words, "it is another row than before");
  } finally {
    over = true;
    await Promise.all(traffic);
  }
  for (let step = 0; step < 30; step++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".drawer").getByText("Command line", { exact: true }).waitFor();
  const opened = await page.locator(".row.selected").evaluate(factsOf);
  await page.keyboard.press("Escape");
  await until(async () => (await focusedRow(page))?.words === opened.words, async () => `the focus is back on ${JSON.stringify(opened)}, not on ${JSON.stringify(await focusedRow(page))}`);
  await close();
});
