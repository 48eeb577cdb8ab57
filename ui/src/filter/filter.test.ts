// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, test } from "vitest";
import type { Connection } from "../api/types";
import { complete } from "./complete";
import { historyQuery, matcherOf, parseFilter, termText } from "./filter";

const curl = {
  id: 1, direction: "out", protocol: "tcp", domain: "www.example.org", state: "open",
  local: { address: "10.0.0.1", port: 40000 }, remote: { address: "192.0.2.7", port: 443 },
  process: { pid: 42, uid: 1000, user: "alice", path: "/usr/bin/curl", cmdline: "curl -s https://www.example.org", parents: [{ pid: 1, path: "/usr/bin/bash" }] },
  verdict: { action: "block", mark: 1711, rule: "no curl for alice" },
} as unknown as Connection;
const sshd = {
  id: 2, direction: "in", protocol: "tcp", state: "ended",
  local: { address: "10.0.0.1", port: 22 }, remote: { address: "198.51.100.4", port: 50022 },
  process: { pid: 7, uid: 0, user: "root", path: "/usr/sbin/sshd", unit: "ssh.service" },
  verdict: { action: "allow", mark: 1710, rule: "ssh from home" },
} as unknown as Connection;

const found = (text: string) => [curl, sshd].filter(matcherOf(parseFilter(text))).map((one) => one.id);

describe("a filter", () => {
  test.each([
    ["", [1, 2]],
    ["program:curl verdict:block domain:*.example.org", [1]],
    ["program:/usr/sbin/*", [2]],
    ["-program:curl", [2]],
    ["verdict:block,allow", [1, 2]],
    ["domain:.example.org", [1]],
    ["domain:example.org", []],
    ["domain:none", [2]],
    ['rule:"ssh from home"', [2]],
    ["port:22", [2]],
    ["port:443", [1]],
    ["parent:bash", [1]],
    ["user:1000", [1]],
    ["https", [1]],
    ["-alice", [2]],
    ["PROGRAM:CURL", [1]],
    ["program:", [1, 2]],
    ["direction:in state:ended", [2]],
  ])("%s", (text, ids) => expect(found(text)).toEqual(ids));

  test("names a field that there is not, and leaves it out", () => {
    const filter = parseFilter("prgram:curl verdict:block");
    expect(filter.mistakes[0]?.word).toBe("prgram");
    expect(filter.terms).toHaveLength(1);
  });

  test("with an open quote means what is typed so far", () => expect(found('rule:"ssh fr*')).toEqual([2]));

  test("goes to the historian as far as that understands it", () => {
    expect(historyQuery(parseFilter("program:curl verdict:block domain:*.example.org port:443 -user:root parent:bash")))
      .toEqual({ program: "curl", action: "block", domain: "*.example.org", port: "443" });
    expect(historyQuery(parseFilter("verdict:block,drop program:c* domain:none"))).toEqual({});
  });

  test("term is quoted where it has to be", () => {
    expect(termText("rule", "ssh from home")).toBe('rule:"ssh from home"');
    expect(found(termText("rule", 'ssh from home'))).toEqual([2]);
    expect(termText("domain", "")).toBe("domain:none");
  });
});

describe("completion", () => {
  const offered = (text: string, caret = text.length) => complete(text, caret, [curl, sshd]);

  test("offers fields, then values that were seen", () => {
    expect(offered("pro").map((one) => one.shown)).toEqual(["program:", "protocol:"]);
    expect(offered("program:c").map((one) => one.text)).toEqual(["program:curl "]);
    expect(offered("verdict:b")[0]?.text).toBe("verdict:block ");
  });

  test("keeps what stands around it, and the minus", () => {
    const [first] = offered("-user:al port:443", 8);
    expect(first?.text).toBe("-user:alice port:443");
    expect(first?.caret).toBe("-user:alice ".length);
  });

  test("quotes a value with blanks", () => expect(offered("rule:ssh")[0]?.text).toBe('rule:"ssh from home" '));
});
