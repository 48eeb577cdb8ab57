// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { networkOf, placeOf, rangeOf } from "./network";

const far = { scope: "internet", country: "NZ", autonomous_system: { number: 64496, organization: "Example Net" } };

test("country and network are said as far as they are known, else how far away it is", () => {
  expect(networkOf(far)).toBe("New Zealand, Example Net (AS64496)");
  expect(networkOf({ scope: "internet", autonomous_system: { number: 64496 } })).toBe("AS64496");
  expect(networkOf({ scope: "internet", country: "?" })).toBe("?");
  expect(networkOf({ scope: "lan" })).toBe("the local network");
});

test("the range of an address is the network that it is most likely routed with", () => {
  expect(rangeOf("192.0.2.77")).toBe("192.0.2.0/24");
  expect(rangeOf("2001:db8:1:2::7")).toBe("2001:db8:1::/48");
  expect(rangeOf("fd09::2")).toBe("fd09::/48");
});

test("an address is put under its country or operator, else under how near it is, else under its range", () => {
  expect(placeOf("203.0.113.7", far, "country")).toBe("New Zealand");
  expect(placeOf("203.0.113.7", far, "operator")).toBe("Example Net (AS64496)");
  expect(placeOf("203.0.113.7", far, "range")).toBe("203.0.113.0/24");
  expect(placeOf("203.0.113.7", { scope: "internet" }, "country")).toBe("203.0.113.0/24");
  expect(placeOf("192.168.1.2", { scope: "lan" }, "operator")).toBe("the local network");
  expect(placeOf("192.168.1.2", undefined, "country")).toBe("192.168.1.0/24");
});
