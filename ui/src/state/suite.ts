// SPDX-License-Identifier: GPL-3.0-or-later
// How the suite is, and whether the gateway is there to say it.
import { computed } from "@preact/signals";
import { ask } from "../api/client";
import type { Status } from "../api/types";
import { polled } from "./polling";

const EVERY_MS = 4000;
export const suite = polled(() => ask<Status>("status"));
export const status = suite.value;
export const away = computed(() => suite.error.value);
export const STATUS_EVERY_MS = EVERY_MS;
