// SPDX-License-Identifier: GPL-3.0-or-later
import { theme } from "../state/theme";
import { text } from "../text/en";
import { Choice } from "./basics";

export const ThemeChoice = () => <Choice label={text.theme.label} value={theme.value} options={text.theme.options} onChange={(next) => (theme.value = next)} />;
