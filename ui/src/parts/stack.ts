// SPDX-License-Identifier: GPL-3.0-or-later
// What a chart of stacked bars shows.

export const MOST_SERIES = 6; // as many as there are colours, of which the last is that of all others together

export interface Stack {
  times: number[];                          // s since the epoch, evenly apart
  series: { name: string; values: number[] }[];
}
