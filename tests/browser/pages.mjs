// SPDX-License-Identifier: GPL-3.0-or-later
// Every page by its address.
export const PAGES = ["overview", "connections", "programs", "map", "dns", "prompts", "modes", "rules", "lists", "gate17", "settings", "about"];
