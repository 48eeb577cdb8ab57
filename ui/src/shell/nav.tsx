// SPDX-License-Identifier: GPL-3.0-or-later
import { signal } from "@preact/signals";
import { Dot, toneOf } from "../parts/basics";
import { Icon, Logo } from "../parts/icons";
import { ThemeChoice } from "../parts/theme-choice";
import { PAGES, SECTIONS, type PageEntry } from "../pages/pages";
import { attempt } from "../state/notices";
import { hashOf, page } from "../state/route";
import { logOut, session } from "../state/session";
import { away, status } from "../state/suite";
import { text } from "../text/en";

const open = signal(false); // on narrow screens

function State() {
  const word = away.value ? "away" : (status.value?.state ?? "unknown");
  return (
    <p class="suite-state" role="status" data-state={word}>
      <Dot tone={away.value ? "bad" : toneOf(word)} />
      <span>{text.state[word] ?? word}</span>
    </p>
  );
}

function Link(props: { of: PageEntry }) {
  const here = page.value === props.of.name;
  const waiting = props.of.waiting?.value ?? 0;
  return (
    <li>
      <a href={hashOf(props.of.name)} aria-current={here ? "page" : undefined} onClick={() => (open.value = false)}>
        <Icon name={props.of.icon} />
        <span>{props.of.title}</span>
        {waiting > 0 && <span class="count"><span class="sr-only">, </span>{waiting}<span class="sr-only"> {text.nav.waiting}</span></span>}
      </a>
    </li>
  );
}

function Who() {
  const who = session.value;
  if (who.state !== "in") return null;
  return (
    <div class="who">
      <p><strong>uid {who.uid}</strong> <span class="muted">{text.session[who.role] ?? who.role}</span></p>
      <button type="button" onClick={() => attempt(logOut)}>{text.session.out}</button>
    </div>
  );
}

export function Nav() {
  return (
    <header class={`side ${open.value ? "open" : ""}`}>
      <div class="side-top">
        <a class="brand" href={hashOf("overview")}><Logo /><span>{text.title}</span></a>
        <State />
        <button type="button" class="menu-button" aria-expanded={open.value} aria-controls="side-rest" onClick={() => (open.value = !open.value)}>
          <Icon name={open.value ? "close" : "menu"} /><span class="sr-only">{text.menu}</span>
        </button>
      </div>
      <div id="side-rest" class="side-rest">
        <nav aria-label={text.nav.label}>
          {SECTIONS.map((section) => (
            <div key={section} class="nav-section">
              <p class="nav-head" id={`nav-${section}`}>{text.nav[section]}</p>
              <ul aria-labelledby={`nav-${section}`}>
                {PAGES.filter((entry) => entry.section === section).map((entry) => <Link key={entry.name} of={entry} />)}
              </ul>
            </div>
          ))}
        </nav>
        <div class="side-foot">
          <ThemeChoice />
          <Who />
        </div>
      </div>
    </header>
  );
}
