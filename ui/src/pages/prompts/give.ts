// SPDX-License-Identifier: GPL-3.0-or-later
// Gives an answer, and says what it did.
import type { Prompt, PromptReply } from "../../api/types";
import { scopeWords } from "../../format/prompt";
import { removeRule } from "../../rules/changes";
import { attempt, say } from "../../state/notices";
import { answer, closePrompt, dismissPrompt } from "../../state/prompts";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";
import type { Choice } from "./keys";

const words = text.prompts;

// False: it went wrong, which has been said.
export const give = (prompt: Prompt, action: NonNullable<PromptReply["action"]>, choice: Choice) =>
  attempt(async () => {
    const reply = { id: prompt.id ?? 0, action, lifetime: choice.lifetime, scope: choice.scope as NonNullable<PromptReply["scope"]> };
    const { rule, also_closed } = await answer(reply);
    closePrompt({ ...reply, how: "answered" }); // the stream tells it, too, a moment later
    const others = also_closed?.length ? words.also(also_closed.length) : "";
    // What lasts is a rule; what held once is done.
    const undo = rule && mayChange.peek() ? async () => void (await removeRule(rule)) : undefined;
    say(words.done(words.pastTense[action] ?? action, choice.lifetime, scopeWords(prompt, choice.scope)) + others, undo);
  });

export const takeAway = (prompt: Prompt) =>
  attempt(async () => {
    const id = prompt.id ?? 0;
    await dismissPrompt(id);
    closePrompt({ id, how: "dismissed" });
    say(words.dismissed);
  });
