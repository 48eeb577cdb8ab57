// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { go, loginLink, open, portreeve, until } from "./browser.mjs";
import { fetchPage } from "./fetch.mjs";

const REFUSED = 7; // curl: could not connect
const lines = (text) => text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
const answers = () => lines(portreeve("rules", "--json")).filter(({ name }) => name.startsWith("answer "));
const questions = () => lines(portreeve("ask", "--list", "--json"));
const asked = (page, words) => page.getByRole("heading", { name: words });
const badge = (page) => page.locator('nav a[href="#/prompts"] .count');

// Notifications that a test can look at: window.shown.
const watchNotifications = (page) => page.evaluate(() => {
  window.shown = [];
  window.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, { body }) {
      Object.assign(this, { title, body, open: true });
      window.shown.push(this);
    }
    close() {
      this.open = false;
    }
  };
});

describe("questions", () => {
  // Each test leaves nothing behind.
  afterEach(() => {
    for (const { id } of questions()) portreeve("ask", String(id), "dismiss");
    for (const { name } of answers()) portreeve("rule", "remove", name);
  });

  test("a curl that waits is shown with who it is and where it goes, and gets through when it is allowed", async () => {
    const { page, close } = await open({ at: "prompts" });
    await page.getByText("No program waits for an answer.").first().waitFor();
    const fetching = fetchPage();
    await asked(page, "fetcher wants to reach news.example.org").waitFor();
    const question = page.getByRole("article");
    for (const words of ["1 connection waits", "ask about fetchers", "New Zealand, Example Net (AS64496)", /10\.9\.0\.1\d tcp 8080/, "Command line", "Started by"]) await question.getByText(words).first().waitFor();
    await question.getByText(/0:[0-5]\d left, then blocked/).waitFor();
    await question.locator(".ancestors").getByText(/node/).first().waitFor();
    assert.match(await page.title(), /^\(1\) Questions/);
    assert.match(await badge(page).innerText(), /1/);
    await question.getByText("news.example.org, any port").click();
    await question.getByRole("button", { name: "Allow" }).click();
    await page.locator(".notice").getByText("Allowed once: news.example.org, any port.").waitFor();
    const { code, text } = await fetching.done;
    assert.equal(code, 0);
    assert.match(text, /PAGES/);
    await until(async () => /^Questions/.test(await page.title()), "the title says no more that something waits");
    assert.equal(await badge(page).count(), 0);
    assert.deepEqual(answers(), []);
    await close();
  });

  test("by keyboard alone a question is refused for good, which is a rule that can be taken back", async () => {
    const { page, close } = await open({ at: "prompts" });
    const fetching = fetchPage();
    await asked(page, /fetcher wants to reach/).waitFor();
    const chosen = (name) => page.getByRole("radio", { name, exact: true });
    await page.keyboard.press("5");
    await until(() => chosen("For good").isChecked(), "5 chooses for good");
    while (!(await chosen("everything of fetcher").isChecked())) await page.keyboard.press("s");
    await until(() => page.getByRole("button", { name: "Block" }).isEnabled(), "it may be answered");
    await page.keyboard.press("b");
    await page.locator(".notice").getByText("Blocked for good: everything of fetcher.").waitFor();
    assert.equal((await fetching.done).code, REFUSED);
    assert.equal(answers().length, 1);
    assert.equal((await fetchPage().done).code, REFUSED, "the answer does not last");
    await page.locator(".notice").getByRole("button", { name: "Undo" }).press("Enter");
    await page.getByText("Taken back.").waitFor();
    assert.deepEqual(answers(), []);
    await close();
  });

  test("questions stand in a queue, the next is shown after an answer, and none is lost", async () => {
    const { page, close } = await open({ at: "prompts" });
    const first = fetchPage();
    await asked(page, /^fetcher wants to reach/).waitFor();
    const second = fetchPage({ program: "fetch-more", url: "http://10.9.0.12:8080/" });
    const queue = page.getByRole("navigation", { name: "Waiting" });
    await queue.getByRole("button", { name: /fetch-more/ }).waitFor();
    await asked(page, /^fetcher wants to reach/).waitFor(); // the new one takes nobody's place
    assert.match(await page.title(), /^\(2\)/);
    await page.keyboard.press("j");
    await asked(page, /^fetch-more wants to reach/).waitFor();
    await page.getByRole("article").getByText("the local network", { exact: true }).waitFor();
    await page.keyboard.press("k");
    await page.getByRole("article").getByRole("button", { name: "Block" }).click();
    await asked(page, /^fetch-more wants/).waitFor();
    await until(() => page.evaluate(() => document.activeElement?.id === "question"), "the focus is on the next question");
    await queue.getByRole("button", { name: /^fetcher.*Blocked by/ }).waitFor();
    await page.getByRole("article").getByRole("button", { name: "Allow" }).click();
    assert.equal((await first.done).code, REFUSED);
    await until(() => questions().length === 0, "nothing is open any more");
    await second.done;
    await close();
  });

  test("what somebody else answers is said, and what is not wanted now is taken away", async () => {
    const { page, close } = await open({ at: "prompts" });
    let fetching = fetchPage();
    await asked(page, /wants to reach/).waitFor();
    portreeve("ask", String(questions()[0].id), "block");
    await page.getByRole("article").getByText(/Blocked by root/).waitFor();
    await fetching.done;
    fetching = fetchPage();
    await page.getByRole("article").getByRole("button", { name: "Not now" }).click();
    await page.getByText("The question is taken away").waitFor();
    assert.equal((await fetching.done).code, REFUSED);
    await close();
  });

  test("on other pages the navigation and the overview say that something waits, and lead there", async () => {
    const { page, close } = await open();
    await page.getByText("No program waits for an answer.").waitFor();
    const fetching = fetchPage();
    const figure = page.getByRole("link", { name: /Questions waiting/ });
    await figure.getByText("fetcher → news.example.org").waitFor();
    await figure.click();
    await asked(page, /fetcher wants to reach/).waitFor();
    await page.getByRole("button", { name: "Block" }).click();
    assert.equal((await fetching.done).code, REFUSED);
    await close();
  });

  test("who wants it gets a notification, which leads to the question and goes with it", async () => {
    const { page, close } = await open({ permissions: ["notifications"] });
    await watchNotifications(page);
    await go(page, "prompts");
    await page.getByRole("button", { name: "Notify me" }).click();
    await page.getByText("Each question is shown as a notification").waitFor();
    await go(page, "lists");
    const fetching = fetchPage();
    await until(() => page.evaluate(() => window.shown.length === 1), "a notification is shown");
    assert.deepEqual(await page.evaluate(() => [window.shown[0].title, window.shown[0].body]), ["fetcher wants to reach news.example.org", "1 connection waiting for your answer."]);
    await page.evaluate(() => window.shown[0].onclick());
    await asked(page, /fetcher wants to reach/).waitFor();
    await go(page, "lists");
    portreeve("ask", String(questions()[0].id), "block");
    await until(() => page.evaluate(() => window.shown.every(({ open }) => !open)), "the notification is gone");
    await fetching.done;
    await close();
  });

  test("who has logged out is told of no question any more", async () => {
    const { page, close } = await open({ at: "prompts", permissions: ["notifications"] });
    await watchNotifications(page);
    await page.getByRole("button", { name: "Notify me" }).click();
    await go(page, "lists");
    const fetching = fetchPage();
    await until(() => page.evaluate(() => window.shown.length === 1), "a notification is shown");
    assert.match(await page.title(), /^\(1\)/);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await until(() => page.evaluate(() => window.shown.every(({ open }) => !open)), "the notification is gone");
    assert.doesNotMatch(await page.title(), /^\(/);
    fetching.kill();
    await close();
  });

  test("who may only look holds no connection and answers nothing", async () => {
    const { page, close } = await open({ link: loginLink("--observe"), at: "prompts" });
    await page.getByText("This session may look and answers nothing").waitFor();
    await close();
  });
});
