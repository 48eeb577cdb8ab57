// SPDX-License-Identifier: GPL-3.0-or-later
// Tells of a question beyond the page: by a notification, unless one looks at the questions already.
import { effect } from "@preact/signals";
import { headline } from "../format/prompt";
import { text } from "../text/en";
import { keepOnly, notify, notifying } from "./notifications";
import { open } from "./prompts";
import { hashOf, page } from "./route";
import { visible } from "./visibility";

export function announceQuestions(): void {
  effect(() => {
    const looking = page.value === "prompts" && visible.value;
    if (notifying.value && !looking)
      for (const { id, prompt } of open.value)
        notify(id, headline(prompt), text.prompts.notification(prompt.waiting ?? 0), () => (location.hash = hashOf("prompts", { id: String(id) })));
    keepOnly(new Set(open.value.map(({ id }) => id)));
  });
}
