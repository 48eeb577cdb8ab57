// SPDX-License-Identifier: GPL-3.0-or-later
// The words of `portreeve dns` and `portreeve list` on the command line.
#pragma once

#include "cli/dns.h"

#include <functional>

namespace CLI {
class App;
}

namespace portreeve::cli {

void addDnsCommands(CLI::App& app, DnsOptions& options, std::function<int()>& chosen);
// All arguments outlive the parsing.

}  // namespace portreeve::cli
