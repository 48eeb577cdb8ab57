// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { headline, networkOf, placeOf, targetOf } from "./prompt";

const prompt = { direction: "out", program: { path: "/usr/bin/curl", pid: 1, uid: 0, gid: 0, inode: 0 }, domain: "example.org", destination: { address: "203.0.113.5", protocol: "tcp", port: 443 } };

test("a question says who wants to reach whom, whichever way", () => {
  expect(headline(prompt)).toBe("curl wants to reach example.org");
  expect(headline({ ...prompt, direction: "in", domain: "" })).toBe("203.0.113.5 wants to reach curl");
  expect(targetOf({ ...prompt, everything: true })).toBe("many hosts");
  expect(placeOf(prompt.destination)).toBe("203.0.113.5 tcp 443");
});

test("country and network are said as far as they are known, else how far away it is", () => {
  expect(networkOf({ scope: "internet", country: "NZ", autonomous_system: { number: 64496, organization: "Example Net" } })).toBe("New Zealand, Example Net (AS64496)");
  expect(networkOf({ scope: "internet", autonomous_system: { number: 64496 } })).toBe("AS64496");
  expect(networkOf({ scope: "internet", country: "?" })).toBe("?");
  expect(networkOf({ scope: "lan" })).toBe("the local network");
});
