// SPDX-License-Identifier: GPL-3.0-or-later
// A real curl that is asked about: { done, kill }; `done` is its exit status and what it printed.
import { spawn } from "node:child_process";
import { join } from "node:path";

export const URL_ASKED = "http://news.example.org:8080/pages.mjs";

export function fetchPage({ program = "fetcher", url = URL_ASKED } = {}) {
  const child = spawn(join(process.env.PROGRAMS, program), ["-s", "-4", "--max-time", "100", "--noproxy", "*", url], { cwd: "/" });
  let text = "";
  child.stdout.on("data", (piece) => (text += piece));
  return { done: new Promise((resolve) => child.on("close", (code) => resolve({ code, text }))), kill: () => child.kill() };
}
