// SPDX-License-Identifier: GPL-3.0-or-later
// Says on every page that something else than the rules decides, for how long, and ends it.
import { attempt } from "../state/notices";
import { endMode, running, type Running } from "../state/modes";
import { mayChange } from "../state/session";
import { text } from "../text/en";
import { Banner } from "./banner";
import { TimeLeft } from "./time-left";

const words = text.modes;

function sentence(of: Running): string {
  if (of.mode === "learn") return words.banner.learn(text.verdict[of.action] ?? of.action);
  return words.banner[of.mode];
}

function On({ of }: { of: Running }) {
  return (
    <Banner tone={of.mode === "learn" ? "other" : of.mode === "pause" ? "warn" : "bad"} action={mayChange.value && <button type="button" onClick={() => attempt(endMode)}>{words.end}</button>}>
      {sentence(of)} <TimeLeft until={of.until} />{of.by && <span class="banner-by">, {words.by(of.by)}</span>}
    </Banner>
  );
}

export const ModeBanner = () => (running.value ? <On of={running.value} /> : null);
