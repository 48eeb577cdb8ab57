// SPDX-License-Identifier: GPL-3.0-or-later
// How --help is set: no wider than a terminal, and only what a reader needs.
#pragma once

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace portreeve::cli {

std::shared_ptr<CLI::FormatterBase> makeHelpFormatter();
// An option's text (Option::option_text) is its value as help shows it; of a positional it is what
// stands in the usage line.

}  // namespace portreeve::cli
