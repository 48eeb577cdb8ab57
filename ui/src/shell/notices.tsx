// SPDX-License-Identifier: GPL-3.0-or-later
import { Icon } from "../parts/icons";
import { Words } from "../parts/basics";
import { attempt, dismiss, notices, say, type Notice } from "../state/notices";
import { text } from "../text/en";

function One({ of }: { of: Notice }) {
  const takeBack = () =>
    attempt(async () => {
      await of.undo!();
      dismiss(of.id);
      say(text.undone);
    });
  return (
    <li class={`notice ${of.kind}`}>
      <p><Words>{of.words}</Words></p>
      {of.undo && <button type="button" onClick={takeBack}>{text.undo}</button>}
      <button type="button" class="plain" onClick={() => dismiss(of.id)}><Icon name="close" /><span class="sr-only">{text.close}</span></button>
    </li>
  );
}

export const Notices = () => (
  <ul class="notices" aria-live="assertive" aria-label="Notices">{notices.value.map((notice) => <One key={notice.id} of={notice} />)}</ul>
);
