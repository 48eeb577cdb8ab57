// SPDX-License-Identifier: GPL-3.0-or-later
import { Icon } from "./icons";
import { say, sayFailed } from "../state/notices";
import { notifying, turnOff, turnOn } from "../state/notifications";
import { text } from "../text/en";

const words = text.prompts;

export function NotifyButton() {
  const on = notifying.value;
  async function toggle() {
    if (on) turnOff();
    else if (await turnOn()) say(words.notifyOn);
    else sayFailed(words.notifyDenied);
  }
  return <button type="button" aria-pressed={on} title={words.notifyHint} onClick={toggle}><Icon name="bell" />{on ? words.notifyOff : words.notify}</button>;
}
