// SPDX-License-Identifier: GPL-3.0-or-later
// A panel beside the page. Escape closes it, and the focus goes back to where it came from.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { text } from "../text/en";
import { Icon } from "./icons";

export function Drawer(props: { title: string; onClose: () => void; children: ComponentChildren; subject: string }) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    panel.current?.focus({ preventScroll: true });
    return () => {
      const row = before?.isConnected ? before : document.querySelector<HTMLElement>(".row[tabindex='0']");
      row?.focus({ preventScroll: true });
    };
  }, [props.subject]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") props.onClose();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [props.onClose]);
  return (
    <aside ref={panel} class="drawer" tabIndex={-1} aria-label={props.title}>
      <div class="drawer-head">
        <h2>{props.title}</h2>
        <button type="button" class="plain" onClick={props.onClose}><Icon name="close" /><span class="sr-only">{text.close}</span></button>
      </div>
      <div class="drawer-body">{props.children}</div>
    </aside>
  );
}
