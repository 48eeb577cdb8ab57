// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens for scripts: those that there are, making one, revoking one.
import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { TokenCreated, Tokens as All, TokenView } from "../../api/types";
import { Ago, Card, Empty, Looking, ScrollTable, TableHead } from "../../parts/basics";
import { Icon } from "../../parts/icons";
import { attempt, say } from "../../state/notices";
import { usePolled } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";
import { NewToken } from "./new-token";

const words = text.tokens;
const EVERY_MS = 10_000;

function Revoke({ of, onDone }: { of: TokenView; onDone: () => Promise<void> }) {
  const [asked, setAsked] = useState(false); // it cannot be taken back
  const revoke = () =>
    attempt(async () => {
      await ask<unknown>("tokens", { method: "DELETE", query: { id: of.id } });
      say(words.revoked(of.name ?? ""));
      await onDone();
    });
  return (
    <button type="button" class={asked ? "danger" : ""} onBlur={() => setAsked(false)} onClick={() => (asked ? void revoke() : setAsked(true))}>
      {asked ? words.really : words.revoke}<span class="sr-only"> {of.name}</span>
    </button>
  );
}

function Secret({ of, onDone }: { of: TokenCreated; onDone: () => void }) {
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(of.token);
      say(words.copied);
    });
  return (
    <div class="outcome" role="status">
      <p><strong>{words.made(of.view.name ?? "")}</strong> {words.once}</p>
      <pre aria-label={words.secret(of.view.name ?? "")}><code class="wrap">{of.token}</code></pre>
      <div class="buttons"><button type="button" onClick={copy}>{words.copy}</button><button type="button" onClick={onDone}>{words.done}</button></div>
    </div>
  );
}

function Row({ of, onDone }: { of: TokenView; onDone: () => Promise<void> }) {
  return (
    <tr>
      <th scope="row">{of.name}</th>
      <td>{words.roles[of.role ?? ""] ?? of.role}</td>
      <td>{of.user} <span class="muted">uid {of.uid}</span></td>
      <td><Ago time={of.created} />{of.by && <span class="muted small"> {of.by}</span>}</td>
      <td><Ago time={of.expires} /></td>
      <td>{of.last_used ? <Ago time={of.last_used} /> : <span class="muted">{words.never}</span>}</td>
      <td><Revoke of={of} onDone={onDone} /></td>
    </tr>
  );
}

function List() {
  const seen = usePolled(() => ask<All>("tokens"), EVERY_MS);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<TokenCreated>();
  const all = seen.value.value?.tokens;
  function take(token: TokenCreated) {
    setMade(token);
    setAdding(false);
    void seen.look();
  }
  return (
    <Card title={words.title} class="wide" extra={!adding && <button type="button" onClick={() => setAdding(true)}><Icon name="plus" />{words.add}</button>}>
      <p class="small muted">{words.hint}</p>
      {adding && <NewToken onMade={take} onClose={() => setAdding(false)} />}
      {made && <Secret of={made} onDone={() => setMade(undefined)} />}
      <Looking of={seen} />
      {all?.length === 0 && !adding && !made && <Empty words={words.empty} hint={words.emptyHint} icon="settings" />}
      {all && all.length > 0 && (
        <ScrollTable label={words.title} class="tokens">
          <TableHead of={Object.values(words.columns)} />
          <tbody>{all.map((one) => <Row key={one.id} of={one} onDone={seen.look} />)}</tbody>
        </ScrollTable>
      )}
    </Card>
  );
}

export const Tokens = () => (mayChange.value ? <List /> : <Card title={words.title} class="wide"><p class="hint">{words.onlyChangers}</p></Card>);
