// SPDX-License-Identifier: GPL-3.0-or-later
// The time that is left to answer, counting down.
import type { Question } from "../../state/prompts";
import { left } from "../../format/time-left";
import { useNow } from "../../parts/clock";
import { text } from "../../text/en";

const words = text.prompts;

export function Left({ of }: { of: Question }) {
  const now = useNow(500);
  return <span class="num">{of.until > now ? left(of.until, now) : "–"}</span>;
}

export function LeftLine({ of }: { of: Question }) {
  const now = useNow(250);
  const { prompt, until } = of;
  const whole = Math.max(60, prompt.seconds_left ?? 0);
  const seconds = Math.max(0, (until - now) / 1000);
  const verdict = text.verdict[prompt.default ?? ""] ?? prompt.default ?? "";
  return (
    <div class="left-line">
      <p>
        {seconds > 0 ? <><strong>{words.waiting(prompt.waiting ?? 0)}</strong>, <span class="num">{words.leftThen(left(until, now), verdict)}</span></>
          : <>{words.nextTime}</>}
      </p>
      <meter min={0} max={whole} value={seconds} aria-label={words.timeLeft} class={seconds === 0 ? "invisible" : seconds < 15 ? "soon" : ""} />
    </div>
  );
}
