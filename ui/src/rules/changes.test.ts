// SPDX-License-Identifier: GPL-3.0-or-later
import { beforeEach, expect, test, vi } from "vitest";
import { undoable } from "./changes";

let newest = 0;
let undone: number[] = [];

beforeEach(() => {
  newest = 7;
  undone = [];
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  vi.stubGlobal("fetch", async (path: string, { body }: { body: string | null }) => {
    if (path.startsWith("/api/v1/changes/undo")) undone.push((JSON.parse(body!) as { number: number }).number);
    return new Response(JSON.stringify({ changes: [{ number: newest }], broken_at: 0 }));
  });
});

test("a change is taken back by its own number", async () => {
  const { made, undo } = await undoable(async () => ++newest);
  newest = 12; // what others did since
  await undo!();
  expect([made, undone]).toEqual([8, [8]]);
});

test("where nothing was changed, or somebody else changed something meanwhile, nothing is taken back", async () => {
  expect((await undoable(async () => {})).undo).toBeUndefined();
  expect((await undoable(async () => void (newest += 2))).undo).toBeUndefined();
});
