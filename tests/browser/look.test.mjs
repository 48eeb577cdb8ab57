// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for each page: nothing for axe to find in either theme, nothing wider than the window, no
// error, nothing that the Content Security Policy has to refuse.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibility, go, open, overflow, until } from "./browser.mjs";
import { PAGES } from "./pages.mjs";

for (const dark of [false, true]) {
  for (const width of [360, 1600]) {
    test(`each page is sound, ${dark ? "dark" : "light"}, ${width} px wide`, async () => {
      const { page, faults, close } = await open({ dark, width });
      for (const at of PAGES) {
        await go(page, at);
        await until(async () => (await page.locator("main .loading").count()) === 0, `${at} has what it shows`);
        assert.deepEqual(await accessibility(page), [], at);
        assert.ok((await overflow(page)) <= 0, `${at} is ${await overflow(page)} px wider than the window`);
      }
      assert.deepEqual(faults, []);
      await close();
    });
  }
}
