// SPDX-License-Identifier: GPL-3.0-or-later
// Notifications of the desktop, for who wants them: one for each question, gone with it.
import { computed, signal } from "@preact/signals";
import { keptYesNo } from "./kept";

export const wanted = keptYesNo("notify", "no");
const isThere = typeof Notification !== "undefined";
export const permission = signal<NotificationPermission | "missing">(isThere ? Notification.permission : "missing");
export const notifying = computed(() => wanted.value === "yes" && permission.value === "granted");

// Asks the browser, which asks whoever sits there. False: not allowed.
export async function turnOn(): Promise<boolean> {
  if (isThere) permission.value = await Notification.requestPermission();
  wanted.value = permission.value === "granted" ? "yes" : "no";
  return notifying.value;
}
export const turnOff = () => void (wanted.value = "no");

const shown = new Map<number, Notification>();

export function notify(id: number, title: string, body: string, onClick: () => void): void {
  if (shown.has(id)) return;
  const one = new Notification(title, { body, tag: `portreeve-${id}`, icon: "/icon.svg", requireInteraction: true });
  one.onclick = () => {
    window.focus();
    one.close();
    onClick();
  };
  shown.set(id, one);
}

export function keepOnly(ids: ReadonlySet<number>): void {
  for (const [id, one] of shown) {
    if (ids.has(id)) continue;
    one.close();
    shown.delete(id);
  }
}
