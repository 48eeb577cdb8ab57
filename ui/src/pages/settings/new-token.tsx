// SPDX-License-Identifier: GPL-3.0-or-later
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { TokenCreated, TokenWanted } from "../../api/types";
import { Choice } from "../../parts/basics";
import { useBusy } from "../../parts/busy";
import { Field } from "../../parts/field";
import { session } from "../../state/session";
import { text } from "../../text/en";

const words = text.tokens;
const ROOT = 0;

export function NewToken(props: { onMade: (token: TokenCreated) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("observe");
  const [lifetime, setLifetime] = useState("7776000");
  const [user, setUser] = useState("");
  const [wrong, setWrong] = useState("");
  const { busy, run } = useBusy();
  const isRoot = session.value.state === "in" && session.value.uid === ROOT; // nobody else makes one for others
  async function make(event: Event) {
    event.preventDefault();
    if (!name.trim()) return setWrong(words.needsName);
    const wanted: TokenWanted = { name: name.trim(), role: role as TokenWanted["role"], lifetime_seconds: Number(lifetime), ...(user.trim() ? { user: user.trim() } : {}) };
    await run(async () => props.onMade(await ask<TokenCreated>("tokens", { method: "POST", body: wanted })));
  }
  return (
    <form class="editor new-token" onSubmit={make}>
      <Field label={words.name} hint={words.nameHint} value={name} error={wrong} onChange={(next) => {
        setName(next);
        setWrong("");
      }} />
      <div class="field-row">
        <Choice label={words.role} value={role} options={words.roles} onChange={setRole} />
        <Choice label={words.lifetime} value={lifetime} options={words.lifetimes} onChange={setLifetime} />
      </div>
      {isRoot && <Field label={words.user} hint={words.userHint} value={user} onChange={setUser} />}
      <div class="buttons"><button type="submit" class="primary" disabled={busy}>{words.make}</button><button type="button" onClick={props.onClose}>{text.cancel}</button></div>
    </form>
  );
}
