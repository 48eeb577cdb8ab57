// SPDX-License-Identifier: GPL-3.0-or-later
// Where an address is, in words: its country, who operates the network, or its range.
import type { AutonomousSystem, Network } from "../api/types";
import { text } from "../text/en";

const words = text.networks;

const COUNTRIES = new Intl.DisplayNames(["en-GB"], { type: "region", fallback: "code" });
const countryOf = (code: string) => (/^[A-Z]{2}$/.test(code) ? COUNTRIES.of(code)! : code);
const operatorOf = ({ number, organization }: AutonomousSystem) => (organization ? words.of(organization, number) : words.unnamed(number));
const scopeOf = (scope: string | undefined) => words.scopes[scope ?? ""] ?? scope ?? "";

// The country and the network of an address, as far as the databases know; else how far away it is.
export function networkOf({ scope, country, autonomous_system: system }: Network): string {
  return [country && countryOf(country), system && operatorOf(system)].filter(Boolean).join(", ") || scopeOf(scope);
}

// /24 of IPv4, /48 of IPv6.
export function rangeOf(address: string): string {
  if (address.includes(".") && !address.includes(":")) return `${address.split(".").slice(0, 3).join(".")}.0/24`;
  const [head = ""] = address.split("::");
  const groups = head.split(":").filter(Boolean).slice(0, 3);
  return `${groups.join(":")}::/48`;
}

export type Grouping = "country" | "operator" | "range";

// What an address is put under; where that is not known, its range.
export function placeOf(address: string, network: Network | undefined, by: Grouping): string {
  if (by === "range" || !network) return rangeOf(address);
  if (by === "country" && network.country) return countryOf(network.country);
  if (by === "operator" && network.autonomous_system) return operatorOf(network.autonomous_system);
  return words.near[network.scope ?? ""] ?? rangeOf(address);
}
