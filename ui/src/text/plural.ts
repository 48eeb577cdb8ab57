// SPDX-License-Identifier: GPL-3.0-or-later
// So many of something: "1 rule", "1,200 rules".
export const s = (n: number, one: string) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

// What a change did to connections that were open, behind what it was.
export const judgedAnew = (affected: number) => (affected ? `; ${s(affected, "open connection")} judged anew` : "");
