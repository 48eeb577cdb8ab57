// SPDX-License-Identifier: GPL-3.0-or-later
// The time left of what a banner says. It stands where screen readers are told of changes: they read it
// out when asked, not each second.
import { left } from "../format/time-left";
import { useNow } from "../parts/clock";
import { text } from "../text/en";

export function TimeLeft(props: { until: string }) {
  const now = useNow(1000);
  return <span class="num" role="timer" aria-live="off">{text.modes.banner.left(left(new Date(props.until).getTime(), now))}</span>;
}
