// SPDX-License-Identifier: GPL-3.0-or-later
import { beforeAll, expect, test, vi } from "vitest";
import type { Prompt } from "../api/types";

const shown: { title: string; closed: boolean }[] = [];
class Told {
  static permission = "granted";
  closed = false;
  constructor(readonly title: string) {
    shown.push(this);
  }
  close() {
    this.closed = true;
  }
}

beforeAll(async () => {
  vi.stubGlobal("Notification", Told);
  vi.stubGlobal("localStorage", { getItem: (key: string) => (key === "portreeve-notify" ? "yes" : null), setItem: () => {} });
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false, title: "" }));
  (await import("./announce")).announceQuestions();
  (await import("./title")).keepTitle();
});

const prompt = (id: number): Prompt => ({ id, direction: "out", program: { path: "/usr/bin/curl", pid: 1, uid: 0, gid: 0, inode: 0 }, domain: "example.org", waiting: 1, seconds_left: 60, may_answer: true });
const open = () => shown.filter(({ closed }) => !closed).length;

test("each question is told of once, until it is closed, and none when the session is over", async () => {
  const { closePrompt, forgetAll, takePrompt } = await import("./prompts");
  takePrompt(prompt(1));
  takePrompt(prompt(2));
  takePrompt({ ...prompt(2), waiting: 2 });
  expect(shown).toHaveLength(2);
  closePrompt({ id: 1, how: "answered" });
  expect(open()).toBe(1);
  expect(document.title).toMatch(/^\(1\) /);
  forgetAll();
  expect(open()).toBe(0);
  expect(document.title).not.toMatch(/^\(/);
});
