// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows of a long list are drawn: those in sight and a few beyond. All rows have one height.

export interface Window {
  first: number;
  end: number; // one behind the last
}

const BEYOND = 12;

export function windowOf(count: number, rowHeight: number, scrolled: number, height: number): Window {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - BEYOND);
  const end = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + BEYOND);
  return { first: Math.min(first, Math.max(0, count - 1)), end };
}

// How far to scroll so that a row is wholly in sight.
export function scrollTo(row: number, rowHeight: number, scrolled: number, height: number): number {
  if (row * rowHeight < scrolled) return row * rowHeight;
  return Math.max(scrolled, (row + 1) * rowHeight - height);
}
