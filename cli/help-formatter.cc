// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/help-formatter.h"

#include "cli/printable.h"

#include <CLI/CLI.hpp>

#include <string>

namespace portreeve::cli {
namespace {

constexpr size_t TERMINAL = 80;  // columns
constexpr size_t OPTIONS = 28;   // of them for the names of options
constexpr size_t COMMANDS = 15;  // and of commands

std::string wrapped(const std::string& text, size_t width) {
  std::string result, line;
  for (auto& word : CLI::detail::split(text, ' ')) {
    std::string longer = line;
    if (!line.empty()) longer += ' ';
    longer += word;
    if (columns(longer.c_str()) <= width) {
      line = longer;
      continue;
    }
    result += line + "\n";
    line = word;
  }
  return result + line;
}

class HelpFormatter final : public CLI::Formatter {
public:
  HelpFormatter() {
    column_width(OPTIONS);
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }

  std::string make_description(const CLI::App* app) const override {
    return app->get_description() + "\n\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    bool hasValue = !option->get_positional() && !option->get_option_text().empty();
    return hasValue ? " " + option->get_option_text() : "";
  }

  std::string make_option_usage(const CLI::Option* option) const override {
    return option->get_option_text();
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    return wrapped(option->get_description(), TERMINAL - OPTIONS);
  }

  std::string make_subcommand(const CLI::App* command) const override {
    std::ostringstream out;
    CLI::detail::format_help(out, command->get_name(),
                             wrapped(command->get_description(), TERMINAL - COMMANDS), COMMANDS);
    return out.str();
  }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    auto help = Formatter::make_help(app, name, mode);
    return CLI::detail::find_and_replace(help, "\n\n\n", "\n\n");
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> makeHelpFormatter() {
  return std::make_shared<HelpFormatter>();
}

}  // namespace portreeve::cli
