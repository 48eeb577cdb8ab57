// SPDX-License-Identifier: GPL-3.0-or-later
// What stands around every page.
import { useEffect, useRef } from "preact/hooks";
import { PAGES } from "../pages/pages";
import { page, place } from "../state/route";
import { session } from "../state/session";
import { text } from "../text/en";
import { Banners } from "./banners";
import { Login } from "./login";
import { Nav } from "./nav";
import { Notices } from "./notices";

function CurrentPage() {
  const known = PAGES.find(({ name }) => name === page.value) ?? PAGES[0]!;
  const first = useRef(true);
  useEffect(() => {
    // Who goes to another page with the keyboard or hears it read begins at its title.
    if (!first.current) document.getElementById("page-title")?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [known.name]);
  return <known.view query={place.value.query} />;
}

export function Shell() {
  if (session.value.state === "looking") return <main class="login-ground" aria-busy="true"><p class="sr-only" role="status">{text.state.unknown}</p></main>;
  if (session.value.state === "out") return <Login reason={session.value.reason} />;
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>{text.skip}</a>
      <Nav />
      <div class="content">
        <Banners />
        <main id="main" tabIndex={-1}><CurrentPage /></main>
      </div>
      <Notices />
    </div>
  );
}
