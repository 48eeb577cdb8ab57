// SPDX-License-Identifier: GPL-3.0-or-later
// Who is logged in: by the secret of a one-time link, then by cookie and token together.
import { computed, signal } from "@preact/signals";
import { ask, Away, LoggedOut, request, token } from "../api/client";
import type { LoggedIn, SessionView } from "../api/types";
import { onLoggedOut } from "./notices";

export type Session =
  | { state: "looking" }
  | { state: "out"; reason: string }
  | { state: "in"; uid: number; role: string };

export const session = signal<Session>({ state: "looking" });
export const mayChange = computed(() => session.value.state === "in" && session.value.role === "change");

const ANSWERING = ["answer", "change"];
export const mayAnswer = computed(() => session.value.state === "in" && ANSWERING.includes(session.value.role));

export function end(reason: string): void {
  token.clear();
  session.value = { state: "out", reason };
}

async function redeem(secret: string): Promise<void> {
  const keys = await ask<LoggedIn>("session", { method: "POST", body: { secret } });
  token.set(keys.token ?? "");
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// While the gateway is away nobody is in or out; it is asked again.
async function whoAmI(): Promise<SessionView> {
  for (;;) {
    try {
      return await ask<SessionView>("session");
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      await pause(1000);
    }
  }
}

export async function start(): Promise<void> {
  onLoggedOut(end);
  const secret = location.pathname === "/login" ? location.hash.slice(1) : "";
  if (location.pathname !== "/") history.replaceState(null, "", "/"); // the secret is in no bookmark
  try {
    if (secret) await redeem(secret);
    if (!token.get()) return end("");
    const { uid, role } = await whoAmI();
    session.value = { state: "in", uid, role: role ?? "observe" };
  } catch (error) {
    end(error instanceof LoggedOut && !secret ? "" : (error as Error).message);
  }
}

export async function logOut(): Promise<void> {
  await request("session", { method: "DELETE" });
  end("");
}
