// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from "preact/hooks";
import { Words } from "../parts/basics";
import { Logo } from "../parts/icons";
import { pageTitle } from "../state/title";
import { text } from "../text/en";

function secretOf(link: string): string | undefined {
  return /(?:^|#)([0-9a-f]{64})\s*$/i.exec(link)?.[1];
}

export function Login(props: { reason: string }) {
  const [link, setLink] = useState("");
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    pageTitle.value = text.login.title;
  }, []);
  function logIn(event: Event) {
    event.preventDefault();
    const secret = secretOf(link);
    if (!secret) return setWrong(text.login.noSecret);
    location.assign(`/login#${secret}`); // not where we are: the secret is gone from there
  }
  return (
    <main class="login-ground">
      <section class="login card">
        <Logo />
        <h1>{text.login.title}</h1>
        {props.reason && <p class="login-reason" role="alert"><Words>{props.reason}</Words></p>}
        <p>{text.login.lead}</p>
        <pre><code>{text.login.command}</code></pre>
        <p>{text.login.then}</p>
        <form onSubmit={logIn}>
          <label>{text.login.paste}
            <input type="text" autocomplete="off" spellcheck={false} value={link} onInput={(event) => {
              setLink(event.currentTarget.value);
              setWrong("");
            }} aria-describedby="login-wrong" />
          </label>
          <p id="login-wrong" class="field-error" role="alert">{wrong}</p>
          <button type="submit" class="primary">{text.login.open}</button>
        </form>
        <p class="muted small">{text.login.sudo}</p>
      </section>
    </main>
  );
}
