// SPDX-License-Identifier: GPL-3.0-or-later
declare const __DOCUMENTS__: string[]; // names of docs/*.md, each served as /docs/NAME.txt
