// SPDX-License-Identifier: GPL-3.0-or-later
import { Card, Words } from "../../parts/basics";
import { attempt } from "../../state/notices";
import { logOut, session } from "../../state/session";
import { text } from "../../text/en";

const words = text.settings;

export function SessionCard() {
  const who = session.value;
  if (who.state !== "in") return null;
  return (
    <Card title={words.session}>
      <p><strong>{words.sessionAs(who.uid)}</strong>, {text.session[who.role] ?? who.role}</p>
      <p class="small muted"><Words>{words.sessionHint}</Words></p>
      <div class="buttons end"><button type="button" onClick={() => attempt(logOut)}>{text.session.out}</button></div>
    </Card>
  );
}
