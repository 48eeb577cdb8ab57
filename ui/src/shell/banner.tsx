// SPDX-License-Identifier: GPL-3.0-or-later
import type { ComponentChildren } from "preact";
import { Icon } from "../parts/icons";

export function Banner(props: { tone: "bad" | "warn" | "other"; children: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class={`banner ${props.tone}`}>
      <Icon name="warn" />
      <p>{props.children}</p>
      {props.action}
    </div>
  );
}
