// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { nameMatcher } from "./match";

test.each([
  ["example.org", ["example.org", "www.example.org"]],
  ["*.example.org", ["www.example.org"]],
  [".example.org", ["example.org", "www.example.org"]],
  ["", ["example.org", "www.example.org", "other.test"]],
])("%s finds", (find, names) => expect(["example.org", "www.example.org", "other.test"].filter(nameMatcher(find))).toEqual(names));
