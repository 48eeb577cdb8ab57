// SPDX-License-Identifier: GPL-3.0-or-later
import { effect } from "@preact/signals";
import { render } from "preact";
import { Shell } from "./shell/shell";
import { announceQuestions } from "./state/announce";
import { keepFollowing } from "./state/live";
import { keepLooking } from "./state/polling";
import { forgetAll } from "./state/prompts";
import { followAddress } from "./state/route";
import * as session from "./state/session";
import { STATUS_EVERY_MS, suite } from "./state/suite";
import { applyTheme } from "./state/theme";
import { keepTitle } from "./state/title";
import "./styles/all.css";

applyTheme();
const loggingIn = session.start(); // takes the secret out of the address before anything looks at it
followAddress();
render(<Shell />, document.getElementById("app")!);
keepTitle();
announceQuestions();
keepLooking(suite, STATUS_EVERY_MS);
effect(() => void (session.session.value.state === "in" ? keepFollowing() : forgetAll()));
await loggingIn;
