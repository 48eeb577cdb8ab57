// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { connect, go, open, portreeve, status, until } from "./browser.mjs";

const modeOf = () => status().rules.mode;
const card = (page, name) => page.getByRole("region", { name, exact: true });
const banner = (page) => page.locator(".banner");

describe("modes and profiles", () => {
  afterEach(() => {
    portreeve("resume");
    portreeve("profile", "use", "auto");
  });

  test("lockdown begins from the overview, is said on every page with the time left, and is ended from any", async () => {
    const { page, close } = await open();
    await page.getByRole("link", { name: "Pause or lock down" }).click();
    await card(page, "Lockdown").getByLabel("for").selectOption("5 minutes");
    await card(page, "Lockdown").getByRole("button", { name: "Lock down" }).click();
    await page.getByText("Lockdown is on").waitFor();
    assert.ok(!(await connect("mail", "10.9.0.13", 443)).ok, "something passes");
    await go(page, "rules");
    await banner(page).getByText(/nothing passes but what is essential. 4:\d\d left, begun by root/).waitFor();
    assert.equal(await banner(page).getByRole("timer").getAttribute("aria-live"), "off", "each second is read out");
    await banner(page).getByRole("button", { name: "End it now" }).click();
    await page.getByText("Lockdown has ended").waitFor();
    assert.equal(modeOf(), "");
    assert.equal(await banner(page).count(), 0);
    assert.ok((await connect("mail", "10.9.0.13", 443)).ok, "it has not ended");
    await close();
  });

  test("a lockdown that ends unless it is kept says so, and is kept", async () => {
    const { page, close } = await open({ at: "modes" });
    await card(page, "Lockdown").getByLabel("end it after 60 s unless I keep it").check();
    await card(page, "Lockdown").getByRole("button", { name: "Lock down" }).click();
    const unless = banner(page).filter({ hasText: "It ends unless you keep it" });
    await unless.getByText(/0:\d\d left/).waitFor();
    assert.equal(await unless.getByRole("timer").getAttribute("aria-live"), "off", "each second is read out");
    await unless.getByRole("button", { name: "Keep it" }).click();
    await unless.waitFor({ state: "detached" });
    assert.equal(modeOf(), "lockdown");
    await close();
  });

  test("a pause lets pass what rules refuse; what one began can be taken back where it is said", async () => {
    const { page, close } = await open({ at: "modes" });
    await card(page, "Pause").getByRole("button", { name: "Pause" }).click();
    await banner(page).getByText(/everything passes, whatever the rules say/).waitFor();
    assert.ok((await connect("telemetry", "10.9.0.12", 443)).ok, "a rule still refuses");
    await card(page, "Pause").getByText(/on until/).waitFor();
    await card(page, "Pause").getByRole("button", { name: "End it now" }).click();
    await until(() => modeOf() === "", "it has ended");
    assert.ok(!(await connect("telemetry", "10.9.0.12", 443)).ok, "rules refuse no more");
    await close();
  });

  test("what was learned is proposed as rules, which are in force when accepted and can be taken back", async () => {
    const { page, close } = await open({ at: "modes" });
    await page.getByText("Nothing was noted yet.").waitFor();
    await card(page, "Learning").getByRole("button", { name: "Learn", exact: true }).click();
    await banner(page).getByText(/what no rule decides is allowed and noted/).waitFor();
    assert.ok((await connect("sync", "sync.example.net", 443)).ok);
    assert.ok((await connect("chat", "10.9.0.13", 443)).ok);
    const learned = card(page, "What was learned");
    await learned.getByText("sync.example.net").first().waitFor();
    await learned.locator("li", { hasText: "/sync" }).locator(".diff").getByText(/\+action/).waitFor();
    await learned.locator("li", { hasText: "/chat" }).getByRole("checkbox").uncheck();
    portreeve("resume"); // the browser's own connections are noted no more
    const kept = () => JSON.parse(`[${portreeve("rules", "--json").trim().split("\n").join(",")}]`).filter(({ layer }) => layer === "suite").map(({ text }) => text).join("\n");
    const before = kept();
    await learned.getByRole("button", { name: /Accept \d+ rules?/ }).click();
    await page.locator(".notice", { hasText: /in force; the other one is forgotten/ }).waitFor();
    assert.match(kept(), /sync\.example\.net/);
    assert.doesNotMatch(kept(), /bin\/chat"/);
    await learned.getByText("Nothing was noted yet.").waitFor();
    await page.locator(".notice").last().getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back.").waitFor();
    assert.equal(kept(), before);
    await close();
  });

  test("a profile is chosen, is in force at once, and the choice can be taken back", async () => {
    const { page, close } = await open({ at: "modes" });
    const profiles = page.getByRole("group", { name: "Profiles" });
    await profiles.getByText(/02:00:5e:10:00:01/).waitFor();
    await profiles.getByRole("button", { name: "Use “strict”" }).click();
    await page.getByText("“strict” is chosen").waitFor();
    await profiles.getByRole("row", { name: /strict/ }).getByText("in force").waitFor();
    assert.ok(!(await connect("sync", "10.9.0.13", 443)).ok, "its default does not hold");
    await page.locator(".notice").last().getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back.").waitFor();
    assert.equal(JSON.parse(portreeve("profile", "list", "--json")).chosen, "auto");
    assert.ok((await connect("sync", "10.9.0.13", 443)).ok, "it still holds");
    await close();
  });
});
