// SPDX-License-Identifier: GPL-3.0-or-later
// Light, dark, or what the system has. Kept in this browser alone.
import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const KEY = "portreeve-theme";
export const THEMES: Theme[] = ["system", "light", "dark"];

const kept = localStorage.getItem(KEY) as Theme | null;
export const theme = signal<Theme>(kept && THEMES.includes(kept) ? kept : "system");

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
export const dark = signal(false);

export function applyTheme(): void {
  const apply = () => {
    dark.value = theme.value === "dark" || (theme.value === "system" && systemIsDark.matches);
    document.documentElement.dataset.theme = dark.value ? "dark" : "light";
  };
  systemIsDark.addEventListener("change", apply);
  effect(() => {
    localStorage.setItem(KEY, theme.value);
    apply();
  });
}
