// SPDX-License-Identifier: GPL-3.0-or-later
// Light, dark, or what the system has.
import { effect, signal } from "@preact/signals";
import { kept } from "./kept";

export type Theme = "system" | "light" | "dark";
const THEMES: Theme[] = ["system", "light", "dark"];

export const theme = kept<Theme>("theme", "system", THEMES);

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
export const dark = signal(false);

export function applyTheme(): void {
  const apply = () => {
    dark.value = theme.value === "dark" || (theme.value === "system" && systemIsDark.matches);
    document.documentElement.dataset.theme = dark.value ? "dark" : "light";
  };
  systemIsDark.addEventListener("change", apply);
  effect(apply);
}
