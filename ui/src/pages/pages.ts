// SPDX-License-Identifier: GPL-3.0-or-later
// The table of the pages.
import type { ComponentType } from "preact";
import type { IconName } from "../parts/icons";
import { text } from "../text/en";
import { Connections } from "./connections/connections";
import { Overview } from "./overview/overview";

export const SECTIONS = ["watch", "steer", "system"] as const;

export interface PageEntry {
  name: string;
  title: string;
  section: (typeof SECTIONS)[number];
  icon: IconName;
  view: ComponentType<{ query: Record<string, string> }>;
  count?: () => number; // of what waits there
}

export const PAGES: PageEntry[] = [
  { name: "overview", title: text.nav.overview, section: "watch", icon: "overview", view: Overview },
  { name: "connections", title: text.nav.connections, section: "watch", icon: "connections", view: Connections },
];
