// SPDX-License-Identifier: GPL-3.0-or-later
// The texts about Gate17.
import { s } from "./plural";

export const gate17 = {
  title: "Gate17",
  types: { socks5: "SOCKS5", http: "HTTP CONNECT", gate17: "Gate17 node" } as Record<string, string>,
  states: { good: "works", failing: "fails", "not used yet": "not used yet" } as Record<string, string>,
  since: "since",
  address: "Reached at",
  latency: "Opens within",
  received: "Receives",
  sent: "Sends",
  perSecond: (size: string) => `${size}/s`,
  all: (size: string) => `${size} in all`,
  streams: "Streams open",
  opened: (n: number) => `${s(n, "stream")} opened`,
  failures: "Failures",
  noFailures: "none",
  connections: (way: string) => `Connections by ${way}`,
  throughput: "Throughput by way",
  throughputHint: "Received and sent, since this page was opened.",
  still: "Nothing goes through just now. What does is drawn here.",
  latest: "What went through",
  latestEmpty: "Nothing went through Gate17 lately. A connection is listed here as soon as a rule with action = \"gate17\" takes it.",
  columns: { time: "Time", program: "Program", target: "Name or address", way: "Way", bytes: "Received / sent", state: "State" },
  allOf: "All of them",
  open: "open",
  ended: "ended",
  empty: "There is no way yet.",
  emptyHint: "Name one as [[gate.way]] in portreeve.toml (a SOCKS5 server, an HTTP proxy, or a Gate17 node); a rule with `action = \"gate17\"` then sends a program's connections by it, and by nothing else.",
  document: "About Gate17",
};
