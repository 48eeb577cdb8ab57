// SPDX-License-Identifier: GPL-3.0-or-later
// Switches of a program. Each is a rule that portreeve keeps, known again by its name.
import { exactPath, ruleText, type RuleParts } from "../../rules/toml";
import { text } from "../../text/en";

export type SwitchName = "block" | "lan" | "dns" | "lists";
export const SWITCHES: SwitchName[] = ["block", "lan", "dns", "lists"];

// Well-known addresses of resolvers that are asked over HTTPS.
const DNS_OVER_HTTPS = ["1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112",
  "2606:4700:4700::1111", "2606:4700:4700::1001", "2001:4860:4860::8888", "2001:4860:4860::8844", "2620:fe::fe", "2620:fe::9"];

export const ruleName = (name: SwitchName, path: string) => `${text.programs.switchNames[name]}: ${path}`;

function partsOf(name: SwitchName, path: string, lists: string[]): RuleParts {
  const process = { path: exactPath(path) };
  const common = { name: ruleName(name, path), action: "block", process };
  switch (name) {
    case "block":
      return common;
    case "lan":
      return { ...common, direction: "out", not: { scope: ["lan", "localhost", "multicast"] } };
    case "dns":
      return { ...common, direction: "out", "any-of": [{ port: 853 }, { address: DNS_OVER_HTTPS, port: 443 }] };
    case "lists":
      return { ...common, direction: "out", list: lists, names: "any" };
  }
}

export const switchRule = (name: SwitchName, path: string, lists: string[]) => ruleText(partsOf(name, path, lists));
