// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows of a long list are drawn: those in sight and a few beyond. All rows have one height.

interface Window {
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

export interface Place {
  index: number;
  key?: string; // of the row there, once somebody has been on it
}

const NEAR = 2000;

// Where a row is now that was at `before`: where its key is near by, else what is there in its stead.
export function follow(before: Place, count: number, keyAt: (index: number) => string): Place {
  const index = Math.max(0, Math.min(before.index, count - 1));
  if (before.key === undefined || count === 0) return { index };
  for (let away = 0; away < NEAR; away++) {
    if (index + away < count && keyAt(index + away) === before.key) return { index: index + away, key: before.key };
    if (index >= away && keyAt(index - away) === before.key) return { index: index - away, key: before.key };
  }
  return { index, key: keyAt(index) };
}
