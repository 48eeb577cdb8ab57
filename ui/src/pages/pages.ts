// SPDX-License-Identifier: GPL-3.0-or-later
// The table of the pages.
import type { ReadonlySignal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { IconName } from "../parts/icons";
import { openCount } from "../state/prompts";
import { text } from "../text/en";
import { About } from "./about/about";
import { Connections } from "./connections/connections";
import { Dns } from "./dns/dns";
import { Gate17 } from "./gate17/gate17";
import { Lists } from "./lists/lists";
import { FlowMap } from "./map/map";
import { Modes } from "./modes/modes";
import { Overview } from "./overview/overview";
import { Programs } from "./programs/programs";
import { Prompts } from "./prompts/prompts";
import { Rules } from "./rules/rules";
import { Settings } from "./settings/settings";

export const SECTIONS = ["watch", "steer", "system"] as const;

export interface PageEntry {
  name: string;
  title: string;
  section: (typeof SECTIONS)[number];
  icon: IconName;
  view: ComponentType<{ query: Record<string, string> }>;
  waiting?: ReadonlySignal<number>; // so much there wants to be looked at
}

export const PAGES: PageEntry[] = [
  { name: "overview", title: text.nav.overview, section: "watch", icon: "overview", view: Overview },
  { name: "connections", title: text.nav.connections, section: "watch", icon: "connections", view: Connections },
  { name: "programs", title: text.nav.programs, section: "watch", icon: "programs", view: Programs },
  { name: "map", title: text.nav.map, section: "watch", icon: "map", view: FlowMap },
  { name: "dns", title: text.nav.dns, section: "watch", icon: "dns", view: Dns },
  { name: "prompts", title: text.nav.prompts, section: "steer", icon: "prompts", view: Prompts, waiting: openCount },
  { name: "modes", title: text.nav.modes, section: "steer", icon: "pause", view: Modes },
  { name: "rules", title: text.nav.rules, section: "steer", icon: "rules", view: Rules },
  { name: "lists", title: text.nav.lists, section: "steer", icon: "lists", view: Lists },
  { name: "gate17", title: text.nav.gate17, section: "steer", icon: "gate17", view: Gate17 },
  { name: "settings", title: text.nav.settings, section: "system", icon: "settings", view: Settings },
  { name: "about", title: text.nav.about, section: "system", icon: "about", view: About },
];
