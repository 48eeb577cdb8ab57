// SPDX-License-Identifier: GPL-3.0-or-later
// The suite's settings, this browser's, tokens, and the session.
import { PageHead } from "../../parts/basics";
import { text } from "../../text/en";
import { Choices } from "./choices";
import { SettingsFile } from "./file";
import { SessionCard } from "./session-card";
import { Tokens } from "./tokens";

export function Settings() {
  return (
    <>
      <PageHead title={text.settings.title} />
      <div class="grid">
        <Choices />
        <SessionCard />
        <SettingsFile />
        <Tokens />
      </div>
    </>
  );
}
