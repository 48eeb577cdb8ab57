// SPDX-License-Identifier: GPL-3.0-or-later
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { TokenCreated, TokenWanted } from "../../api/types";
import { Choice } from "../../parts/basics";
import { attempt } from "../../state/notices";
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
  const [busy, setBusy] = useState(false);
  const isRoot = session.value.state === "in" && session.value.uid === ROOT; // nobody else makes one for others
  async function make(event: Event) {
    event.preventDefault();
    if (!name.trim()) return setWrong(words.needsName);
    setBusy(true);
    const wanted: TokenWanted = { name: name.trim(), role: role as TokenWanted["role"], lifetime_seconds: Number(lifetime), ...(user.trim() ? { user: user.trim() } : {}) };
    await attempt(async () => props.onMade(await ask<TokenCreated>("tokens", { method: "POST", body: wanted })));
    setBusy(false);
  }
  return (
    <form class="editor new-token" onSubmit={make}>
      <div class="field">
        <label for="token-name">{words.name}</label>
        <input id="token-name" type="text" autocomplete="off" spellcheck={false} value={name} aria-describedby="token-wrong" onInput={(event) => {
          setName(event.currentTarget.value);
          setWrong("");
        }} />
        <p id="token-wrong" class="field-error" role="alert">{wrong}</p>
        <p class="small muted">{words.nameHint}</p>
      </div>
      <div class="field-row">
        <Choice label={words.role} value={role} options={words.roles} onChange={setRole} />
        <Choice label={words.lifetime} value={lifetime} options={words.lifetimes} onChange={setLifetime} />
      </div>
      {isRoot && (
        <div class="field">
          <label for="token-user">{words.user}</label>
          <input id="token-user" type="text" autocomplete="off" spellcheck={false} value={user} onInput={(event) => setUser(event.currentTarget.value)} />
          <p class="small muted">{words.userHint}</p>
        </div>
      )}
      <div class="buttons"><button type="submit" class="primary" disabled={busy}>{words.make}</button><button type="button" onClick={props.onClose}>{text.cancel}</button></div>
    </form>
  );
}
