// SPDX-License-Identifier: GPL-3.0-or-later
// One question: who, where to, by which rule, and the answers.
import type { Prompt } from "../../api/types";
import { Ago, Facts } from "../../parts/basics";
import { ProgramFacts } from "../../parts/program-facts";
import { networkOf } from "../../format/network";
import { askerOf, placeOf, targetOf } from "../../format/prompt";
import { hashOf } from "../../state/route";
import type { PromptClosed, Question as Asked } from "../../state/prompts";
import { text } from "../../text/en";
import { Answers } from "./answers";
import type { Choice, Deed } from "./keys";
import { LeftLine } from "./left";

const words = text.prompts;

export function closedWords(closed: PromptClosed): string {
  switch (closed.how) {
    case "answered":
      return words.closed.answered(words.pastTense[closed.action ?? ""] ?? closed.action ?? "", closed.who ?? "");
    case "ruled":
      return words.closed.ruled(closed.rule ?? "");
    case "dismissed":
      return words.closed.dismissed;
    case "forgotten":
      return words.closed.forgotten;
    default:
      return words.closed.gone;
  }
}

function Headline({ of }: { of: Prompt }) {
  const who = <strong>{askerOf(of)}</strong>;
  const target = <strong class="wrap">{targetOf(of)}</strong>;
  return (
    <h2 id="question" tabIndex={-1}>
      {of.direction === "in" ? <>{target} {words.wants} {who}</> : <>{who} {words.wants} {target}</>}
    </h2>
  );
}

function Destination({ of }: { of: Prompt }) {
  return (
    <Facts of={[
      [words.destination, of.everything ? words.manyHosts : <span class="mono">{placeOf(of.destination)}</span>],
      [text.networks.title, of.network && <span class="wrap">{networkOf(of.network)}</span>],
      [words.names, (of.names?.length ?? 0) > 0 && <span class="wrap">{of.names!.join(", ")}</span>],
      [words.more, (of.more?.length ?? 0) > 0 && <span class="mono">{of.more!.map(placeOf).join(", ")}</span>],
      [words.byRule, of.rule ? <><a href={hashOf("rules", { rule: of.rule })}>{of.rule}</a> <span class="muted mono small">{of.origin}</span></> : of.origin],
      [words.first, <><Ago time={of.asked} /> <span class="muted small">{words.asked(of.connections ?? 1)}</span></>],
    ]} />
  );
}

export function Question(props: { of: Asked; choice: Choice; ready: boolean; keys: boolean; onDeed: (deed: Deed) => void }) {
  const { prompt, closed } = props.of;
  return (
    <article class="card question" aria-labelledby="question">
      <Headline of={prompt} />
      {closed ? <p class="hint" role="status">{closedWords(closed)}</p> : <LeftLine of={props.of} />}
      {!closed && (prompt.may_answer
        ? <Answers prompt={prompt} choice={props.choice} ready={props.ready} keys={props.keys} onDeed={props.onDeed} />
        : <p class="hint">{words.notYours}</p>)}
      <section class="block">
        <h3>{words.where}</h3>
        <Destination of={prompt} />
      </section>
      <section class="block">
        <h3>{text.explain.program}</h3>
        {prompt.program && <ProgramFacts of={prompt.program} />}
      </section>
    </article>
  );
}
