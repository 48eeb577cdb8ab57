// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "vitest";
import { left } from "./time-left";

test("the time left is as exact as one wants to know it, and never below nothing", () => {
  expect([left(58_400, 0), left(125_000, 0), left(1000, 5000), left(7_500_000, 0), left(76 * 3_600_000, 0)]).toEqual(["0:59", "2:05", "0:00", "2:05:00", "3 d 4 h"]);
});
