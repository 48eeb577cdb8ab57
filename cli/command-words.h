// SPDX-License-Identifier: GPL-3.0-or-later
// What the subcommands of the command line are made of alike.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <utility>

namespace portreeve::cli {

constexpr const char* JSON_HELP = "print JSON instead of a table";

inline CLI::App* addCommand(CLI::App& parent, std::function<int()>& chosen, const char* name,
                            const char* description, const char* footer, std::function<int()> run) {
  // Only noted while the words are still being read: they are all checked first. `chosen` outlives
  // the parsing.
  return parent.add_subcommand(name, description)
      ->footer(footer)
      ->callback([&chosen, run = std::move(run)]() { chosen = run; });
}

}  // namespace portreeve::cli
