// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for a while instead of the rules: one at a time, told by the status.
import { computed } from "@preact/signals";
import { ask } from "../api/client";
import type { Affected, ModeWanted } from "../api/types";
import { text } from "../text/en";
import { say } from "./notices";
import { status, suite } from "./suite";

export type Mode = "lockdown" | "pause" | "learn";
export const MODES: Mode[] = ["lockdown", "pause", "learn"];

export interface Running {
  mode: Mode;
  until: string;
  by: string;
  action: string;    // learn: what is done meanwhile
  confirmBy: string; // ends then unless it is kept; "": it need not be
}

export const running = computed<Running | undefined>(() => {
  const now = status.value?.rules;
  if (!now?.mode) return undefined;
  return { mode: now.mode as Mode, until: now.mode_until ?? "", by: now.mode_by ?? "", action: now.mode_action ?? "", confirmBy: now.mode_confirm_by ?? "" };
});

const words = text.modes;

export async function endMode(): Promise<void> {
  const name = words.names[running.peek()?.mode ?? ""] ?? "";
  await ask<Affected>("mode", { method: "POST", body: { mode: "none" } });
  await suite.look();
  if (name) say(words.ended(name));
}

export async function beginMode(wanted: ModeWanted & { mode: Mode }): Promise<void> {
  const { affected } = await ask<Affected>("mode", { method: "POST", body: wanted });
  await suite.look();
  say(words.begun(words.names[wanted.mode]!, affected ?? 0), endMode);
}
