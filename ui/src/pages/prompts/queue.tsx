// SPDX-License-Identifier: GPL-3.0-or-later
// All questions, the oldest first; what was answered stays at its place.
import { arrowOf } from "../../format/connection";
import { askerOf, targetOf } from "../../format/prompt";
import { Dot } from "../../parts/basics";
import type { Question } from "../../state/prompts";
import { text } from "../../text/en";
import { Left } from "./left";
import { closedWords } from "./question";

const words = text.prompts;
const toneOfClosed = (action: string | undefined) => (action === "allow" ? "good" : action ? "bad" : "quiet");

export function Queue(props: { of: readonly Question[]; current: number | undefined; onChoose: (id: number) => void }) {
  return (
    <nav class="card queue" aria-label={words.queue}>
      <ol>
        {props.of.map((one) => (
          <li key={one.id}>
            <button type="button" class={one.closed ? "closed" : ""} aria-current={one.id === props.current ? "true" : undefined} onClick={() => props.onChoose(one.id)}>
              <Dot tone={one.closed ? toneOfClosed(one.closed.action) : one.until ? "warn pulse" : "quiet"} />
              <span class="queue-words"><strong>{askerOf(one.prompt)}</strong> {arrowOf(one.prompt.direction)} {targetOf(one.prompt)}
                <span class="small muted">{one.closed ? closedWords(one.closed) : one.until ? words.waiting(one.prompt.waiting ?? 0) : words.notWaiting}</span></span>
              {!one.closed && <Left of={one} />}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
