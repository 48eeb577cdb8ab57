// SPDX-License-Identifier: GPL-3.0-or-later
import { useState } from "preact/hooks";
import { attempt } from "../state/notices";

// `run` does what a person asked for and says what goes wrong; `busy` until it is done.
export function useBusy(): { busy: boolean; run: (action: () => Promise<void>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  async function run(action: () => Promise<void>): Promise<boolean> {
    setBusy(true);
    const done = await attempt(action);
    setBusy(false);
    return done;
  }
  return { busy, run };
}
