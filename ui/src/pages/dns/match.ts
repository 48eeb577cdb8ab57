// SPDX-License-Identifier: GPL-3.0-or-later
// The names of a find box, as in rules: example.org, *.example.org, .example.org; else any part.
export function nameMatcher(find: string): (name: string) => boolean {
  const wanted = find.trim().toLowerCase();
  if (wanted.startsWith("*.")) return (name) => name.endsWith(wanted.slice(1));
  if (wanted.startsWith(".")) return (name) => name === wanted.slice(1) || name.endsWith(wanted);
  return (name) => name.includes(wanted);
}
