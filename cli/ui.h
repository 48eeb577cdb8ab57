// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve ui`: a one-time link to the web page, opened in the user's browser where there is one.
#pragma once

namespace portreeve::cli {

struct UiOptions {
  bool observe = false;  // a session that sees all and changes nothing
  bool forUser = false;  // root by sudo: for the user behind it, whose browser will open the link
  bool print = false;    // the link, in a graphical session as well
};

int ui(const UiOptions& options);

}  // namespace portreeve::cli
