// SPDX-License-Identifier: GPL-3.0-or-later
// What other rules would have changed in the past.
import type { ReplayOutcome } from "../api/types";
import { nameOfProgram } from "../format/connection";
import { text } from "../text/en";

const words = text.explain;

export function Outcome({ of }: { of: ReplayOutcome }) {
  return (
    <div class="outcome" role="status">
      <p>{words.outcome(of.changed, of.connections)}</p>
      {of.changed > 0 && (
        <ul>
          {(of.changes ?? []).slice(0, 8).map((one, at) => (
            <li key={at}>
              {words.change(nameOfProgram(one.program), text.verdict[one.before ?? ""] ?? "", text.verdict[one.after ?? ""] ?? "", one.connections)}
              {one.examples?.length ? <span class="muted small"> {one.examples.join(", ")}</span> : null}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
