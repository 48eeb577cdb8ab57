// SPDX-License-Identifier: GPL-3.0-or-later
// The settings of the suite: found by a word, by section, as one writes them.
import type { SettingView } from "../../api/types";

export const nameOf = (one: SettingView) => (one.section ? `${one.section}.${one.key ?? ""}` : (one.key ?? ""));

export function sectionsOf(settings: SettingView[], find: string): [section: string, settings: SettingView[]][] {
  const wanted = find.trim().toLowerCase();
  const sections = new Map<string, SettingView[]>();
  for (const one of settings) {
    if (!`${nameOf(one)} ${one.value ?? ""}`.toLowerCase().includes(wanted)) continue;
    const name = one.section ?? "";
    sections.set(name, [...(sections.get(name) ?? []), one]);
  }
  return [...sections];
}

// What stands between the quotes of a text in TOML; else as it is.
export const unquoted = (toml: string) => /^"([^"\\]*)"$/.exec(toml)?.[1] ?? toml;

// A text as TOML, as which an empty one is not nothing: that takes a change back.
export const written = (kind: string | undefined, value: string) => (kind === "text" && value === "" ? '""' : value);

export const isDefault = (one: SettingView) => one.origin === "default" || one.origin === undefined;
