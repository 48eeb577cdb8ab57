// SPDX-License-Identifier: GPL-3.0-or-later
// A question in words.
import type { Prompt, PromptDestination } from "../api/types";
import { text } from "../text/en";
import { lastPart } from "./format";

const words = text.prompts;

export const askerOf = (prompt: Prompt) => lastPart(prompt.program?.path) || prompt.program?.name || text.connections.unknownProgram;

export const placeOf = (one: PromptDestination | undefined) => [one?.address, one?.protocol, one?.port || ""].filter(Boolean).join(" ");

export function targetOf(prompt: Prompt): string {
  if (prompt.everything) return words.manyHosts;
  return prompt.domain || prompt.destination?.address || "";
}

export const headline = (prompt: Prompt) =>
  prompt.direction === "in" ? words.wantsIn(askerOf(prompt), targetOf(prompt)) : words.wantsOut(askerOf(prompt), targetOf(prompt));

// What an answer of that scope would be about.
export function scopeWords(prompt: Prompt, scope: string): string {
  const { destination } = prompt;
  switch (scope) {
    case "host":
      return words.scopes.host(destination?.address ?? "");
    case "domain":
      return words.scopes.domain(prompt.domain ?? "");
    case "port":
      return words.scopes.port(destination?.protocol ?? "", destination?.port ?? 0);
    default:
      return words.scopes.program(askerOf(prompt));
  }
}
