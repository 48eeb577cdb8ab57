// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, sizes and times as people read them. Times are local; "now" is a parameter where it matters.

const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const WHOLE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

export const count = (value: number) => NUMBER.format(value);
export const short = (value: number) => (Math.abs(value) < 10_000 ? NUMBER.format(value) : COMPACT.format(value));

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(value: number): string {
  let unit = 0;
  let amount = value;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : 1;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}

export function clock(time: string | undefined, now = Date.now()): string {
  if (!time) return "";
  const at = new Date(time);
  const today = new Date(now).toDateString() === at.toDateString();
  return today ? CLOCK.format(at) : `${DAY.format(at)} ${CLOCK.format(at)}`;
}

export const whole = (time: string | undefined) => (time ? WHOLE.format(new Date(time)) : "");

const STEPS: [limit: number, size: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
  [30 * 86_400, 86_400, "day"],
  [Infinity, 30 * 86_400, "month"],
];

export function ago(time: string | undefined, now = Date.now()): string {
  if (!time) return "";
  const seconds = (new Date(time).getTime() - now) / 1000;
  if (Math.abs(seconds) < 2) return "now";
  for (const [limit, size, unit] of STEPS)
    if (Math.abs(seconds) < limit) return RELATIVE.format(Math.trunc(seconds / size), unit);
  return "";
}

// Microseconds.
export function briefly(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  return us < 1_000_000 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(1)} s`;
}

export function lasted(from: string | undefined, to: string | undefined): string {
  if (!from || !to) return "";
  const ms = new Date(to).getTime() - new Date(from).getTime();
  if (ms < 1000) return `${Math.max(0, ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

export const lastPart = (path: string | undefined) => (path ? path.slice(path.lastIndexOf("/") + 1) : "");
