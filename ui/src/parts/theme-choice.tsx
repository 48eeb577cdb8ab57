// SPDX-License-Identifier: GPL-3.0-or-later
import { theme, THEMES, type Theme } from "../state/theme";
import { text } from "../text/en";

export function ThemeChoice() {
  return (
    <label class="theme-choice">
      <span>{text.theme.label}</span>
      <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
        {THEMES.map((name) => <option key={name} value={name}>{text.theme[name]}</option>)}
      </select>
    </label>
  );
}
