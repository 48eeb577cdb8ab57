// SPDX-License-Identifier: GPL-3.0-or-later
// Every test, one after the other: they share the suite.
import { after } from "node:test";
import { closeBrowser } from "./browser.mjs";

for (const name of ["login", "overview", "connections", "programs", "map", "dns", "rules", "prompts", "modes", "gate17", "settings", "keyboard", "look", "many", "gateway"]) await import(`./${name}.test.mjs`);
after(closeBrowser);
