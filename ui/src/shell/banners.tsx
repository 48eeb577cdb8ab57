// SPDX-License-Identifier: GPL-3.0-or-later
// What whoever looks at any page has to know.
import { ask } from "../api/client";
import type { Confirmed } from "../api/types";
import { Words } from "../parts/basics";
import { running } from "../state/modes";
import { attempt, say } from "../state/notices";
import { mayChange } from "../state/session";
import { away, status, suite } from "../state/suite";
import { text } from "../text/en";
import { Banner } from "./banner";
import { ModeBanner } from "./mode-banner";
import { TimeLeft } from "./time-left";

async function keepChange() {
  const { pending } = await ask<Confirmed>("rules/confirm", { method: "POST", body: {} });
  say(pending ? text.health.kept : text.health.nothingToKeep);
  await suite.look();
}

function healthWords(): string | undefined {
  const now = status.value;
  if (now?.rules?.error) return text.health.rulesError(now.rules.error);
  if (now?.state === "degraded") return text.health.degraded(now.reason ?? "");
  if (now?.state === "stopped") return text.health.stopped(now.reason ?? "");
  return undefined;
}

const Unless = (props: { words: string; until: string }) => (
  <Banner tone="warn" action={mayChange.value && <button type="button" onClick={() => attempt(keepChange)}>{text.health.keep}</button>}>
    {props.words} <TimeLeft until={props.until} />
  </Banner>
);

export function Banners() {
  const confirmBy = status.value?.rules?.confirm_by;
  const modeConfirmBy = running.value?.confirmBy;
  const health = healthWords();
  return (
    <div class="banners" role="region" aria-label={text.title} aria-live="polite">
      {away.value && <Banner tone="bad">{text.away.banner}</Banner>}
      {!away.value && health && <Banner tone={status.value?.state === "stopped" ? "bad" : "warn"}><Words>{health}</Words></Banner>}
      <ModeBanner />
      {modeConfirmBy && <Unless words={text.modes.endsUnless} until={modeConfirmBy} />}
      {confirmBy && <Unless words={text.health.confirmBy} until={confirmBy} />}
    </div>
  );
}
