// SPDX-License-Identifier: GPL-3.0-or-later
// The questions of programs that wait, and one's answers.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Empty, PageHead, Words } from "../../parts/basics";
import { NotifyButton } from "../../parts/notify-button";
import { answerKeys } from "../../state/choices";
import { forgetClosed, open, questions, type Question as Asked } from "../../state/prompts";
import { mayAnswer } from "../../state/session";
import { text } from "../../text/en";
import { give, takeAway } from "./give";
import { deedOf, firstChoice, isForUs, type Choice, type Deed } from "./keys";
import { Question } from "./question";
import { Queue } from "./queue";

const words = text.prompts;
const REST_MS = 600; // a question that has just come into sight cannot be answered by a click that was meant for another

// Which one is shown: the one that was chosen, else the one shown before while it is open, else the oldest.
function useCurrent(first: number | undefined) {
  const [chosen, choose] = useState(first);
  const held = useRef<number>();
  const of = (id: number | undefined) => questions.value.find((one) => one.id === id);
  const holding = of(held.current);
  const current = of(chosen) ?? (holding && !holding.closed ? holding : (open.value[0] ?? holding ?? questions.value[0]));
  held.current = current?.id;
  return { current, isChosen: current?.id === chosen, choose };
}

function useReady(id: number | undefined, atOnce: boolean): boolean {
  const [ready, setReady] = useState<number>();
  useEffect(() => {
    const timer = setTimeout(() => setReady(id), REST_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return atOnce || ready === id;
}

function useChoice(current: Asked | undefined): [Choice, (choice: Choice) => void] {
  const [choices, setChoices] = useState<Record<number, Choice>>({});
  if (!current) return [{ lifetime: "once", scope: "host" }, () => {}];
  return [choices[current.id] ?? firstChoice(current.prompt), (choice) => setChoices({ ...choices, [current.id]: choice })];
}

export function Prompts(props: { query: Record<string, string> }) {
  const all = questions.value;
  const { current, isChosen, choose } = useCurrent(Number(props.query.id) || undefined);
  const ready = useReady(current?.id, isChosen);
  const [choice, setChoice] = useChoice(current);
  const [busy, setBusy] = useState(false);
  // After an answer its button, which had the focus, goes: now, or when the live stream tells that the question is closed.
  const answered = useRef<number>();
  const [answers, setAnswers] = useState(0);
  const usesKeys = answerKeys.value === "yes";
  useEffect(() => choose(Number(props.query.id) || undefined), [props.query.id]);
  useEffect(() => forgetClosed, []);

  function move(by: number) {
    const at = all.findIndex(({ id }) => id === current?.id) + by;
    if (all[at]) choose(all[at].id);
  }
  async function act(deed: Deed) {
    if (!current || current.closed) return void (deed.kind === "move" && move(deed.by));
    if (deed.kind === "choose") return setChoice(deed.choice);
    if (deed.kind === "move") return move(deed.by);
    if (!ready || busy || !current.prompt.may_answer) return;
    setBusy(true);
    const done = deed.kind === "dismiss" ? await takeAway(current.prompt) : await give(current.prompt, deed.action, choice);
    setBusy(false);
    if (!done) return;
    answered.current = current.id;
    setAnswers((count) => count + 1);
    choose(undefined); // on to the next
  }
  useLayoutEffect(() => {
    if (answered.current === undefined) return;
    document.getElementById("question")?.focus({ preventScroll: true });
    if (current?.id !== answered.current || current.closed) answered.current = undefined;
  }, [answers, current?.id, current?.closed !== undefined]);
  // With the drawing: no key answers a question that is not in sight any more.
  useLayoutEffect(() => {
    if (!usesKeys) return;
    const onKey = (event: KeyboardEvent) => {
      const deed = current && isForUs(event) ? deedOf(event.key, current.prompt, choice) : undefined;
      if (deed) {
        event.preventDefault();
        void act(deed);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
  return (
    <>
      <PageHead title={words.title}>
        {all.some(({ closed }) => closed) && <button type="button" onClick={forgetClosed}>{words.clear}</button>}
        <NotifyButton />
      </PageHead>
      <p class="sr-only" role="status">{open.value.length > 0 ? words.count(open.value.length) : words.empty}</p>
      {!mayAnswer.value && <p class="hint"><Words>{words.observing}</Words></p>}
      {!current && <div class="card"><Empty words={words.empty} hint={words.emptyHint} icon="prompts" /></div>}
      {current && (
        <div class="asking">
          <Queue of={all} current={current.id} onChoose={choose} />
          <Question key={current.id} of={current} choice={choice} ready={ready && !busy} keys={usesKeys} onDeed={(deed) => void act(deed)} />
        </div>
      )}
    </>
  );
}
