// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve report`: what somebody who looks into a fault wants to know first, redacted.
#pragma once

namespace portreeve::cli {

int report();
// To standard output, as text. Works with any part of the suite dead. No connection, no rule's text
// and no name that was asked for is in it.

}  // namespace portreeve::cli
