// SPDX-License-Identifier: GPL-3.0-or-later
// Line icons on a grid of 24, drawn for these pages. They never stand alone: a word is beside each.
const PATHS = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  connections: "M4 7h13M13 3l4 4-4 4M20 17H7M11 13l-4 4 4 4",
  programs: "M4 5h16v14H4zM4 9h16M8 13l2 2-2 2M13 17h3",
  map: "M5 6h4M5 12h4M5 18h4M15 8h4M15 16h4M9 6c3 0 3 2 6 2M9 12c3 0 3-4 6-4M9 12c3 0 3 4 6 4M9 18c3 0 3-2 6-2",
  dns: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  prompts: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17v.1",
  rules: "M4 6h10M4 12h16M4 18h7M18 4v5M15.500 6.500h5M15 16l2 2 4-4",
  lists: "M8 6h12M8 12h12M8 18h12M4 6v.1M4 12v.1M4 18v.1",
  gate17: "M5 21V10a7 7 0 0 1 14 0v11M9 21v-9a3 3 0 0 1 6 0v9M12 16v5",
  settings: "M5 7h8M17 7h2M5 17h2M11 17h8M15 5v4M9 15v4",
  about: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.500v.1",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4 4",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  chevron: "M9 6l6 6-6 6",
  quiet: "M4 12h4l2-5 4 10 2-5h4",
  good: "M12 3l7 3v6c0 4-3 7-7 9-4-2-7-5-7-9V6zM9 12l2 2 4-4",
  warn: "M12 4l9 16H3zM12 10v5M12 17.500v.1",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  grip: "M9 6v.1M15 6v.1M9 12v.1M15 12v.1M9 18v.1M15 18v.1",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13",
  edit: "M5 19l1-4L16 5l3 3L9 18z",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.500 2H4.500zM10 21h4",
  plus: "M12 5v14M5 12h14",
};

export type IconName = keyof typeof PATHS;

export const Icon = (props: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d={PATHS[props.name]} /></svg>
);

export const Logo = () => (
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" class="logo-ground" />
    <path d="M7 25V14a9 9 0 0 1 18 0v11h-4V14a5 5 0 0 0-10 0v11z" class="logo-arch" />
    <path d="M14.500 25v-8.500h3V25z" class="logo-gate" />
  </svg>
);
