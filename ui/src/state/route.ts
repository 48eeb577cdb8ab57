// SPDX-License-Identifier: GPL-3.0-or-later
// Where in the pages one is: "#/connections?filter=…". The server knows "/" alone.
import { computed, signal } from "@preact/signals";

export interface Place {
  page: string;
  query: Record<string, string>;
}

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { page: path || "overview", query: Object.fromEntries(new URLSearchParams(query)) };
}

export function hashOf(page: string, query: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  const text = new URLSearchParams(pairs).toString();
  return `#/${page}${text ? `?${text}` : ""}`;
}

export const place = signal<Place>({ page: "overview", query: {} });
export const page = computed(() => place.value.page);

export function followAddress(): void {
  const look = () => (place.value = placeOf(location.hash));
  addEventListener("hashchange", look);
  look();
}

// The same page with another query; no new entry in the browser's history.
export function setQuery(query: Record<string, string | undefined>): void {
  history.replaceState(null, "", hashOf(place.peek().page, query));
  place.value = placeOf(location.hash);
}
