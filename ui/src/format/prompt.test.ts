// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { headline, placeOf, targetOf } from "./prompt";

const prompt = { direction: "out", program: { path: "/usr/bin/curl", pid: 1, uid: 0, gid: 0, inode: 0 }, domain: "example.org", destination: { address: "203.0.113.5", protocol: "tcp", port: 443 } };

test("a question says who wants to reach whom, whichever way", () => {
  expect(headline(prompt)).toBe("curl wants to reach example.org");
  expect(headline({ ...prompt, direction: "in", domain: "" })).toBe("203.0.113.5 wants to reach curl");
  expect(targetOf({ ...prompt, everything: true })).toBe("many hosts");
  expect(placeOf(prompt.destination)).toBe("203.0.113.5 tcp 443");
});
