// SPDX-License-Identifier: GPL-3.0-or-later
// The row of a long table that the keys go on from. It stays the same row wherever new ones move it to, and
// gets the focus back where drawing has moved its element in the page, which takes the focus from it.
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { follow, type Place } from "./window";

interface ActiveRow {
  readonly index: number;    // at any time: keys come faster than they are drawn
  readonly focused: boolean; // when drawn: the focus is in the table, or about to be
  set: (index: number, options?: { focus: boolean }) => void;
}

export function useActiveRow(box: RefObject<HTMLElement>, count: number, keyAt: (index: number) => string, onLost: () => void): ActiveRow {
  const place = useRef<Place>({ index: 0 });
  const wanted = useRef(false);
  const [, draw] = useReducer((drawn: number, _: void) => drawn + 1, 0);
  place.current = follow(place.current, count, keyAt);
  const had = box.current?.contains(document.activeElement) ?? false;

  useLayoutEffect(() => {
    const lost = had && document.activeElement === document.body;
    if (!wanted.current && !lost) return;
    wanted.current = false;
    const row = box.current!.querySelector<HTMLElement>(`[data-index="${place.current.index}"]`);
    if (row) row.focus({ preventScroll: true });
    else onLost();
  });
  return {
    get index() {
      return place.current.index;
    },
    focused: had || wanted.current,
    set: (index, { focus } = { focus: false }) => {
      const moved = index !== place.current.index;
      place.current = { index, key: keyAt(index) };
      wanted.current ||= focus;
      if (moved || focus) draw();
    },
  };
}
