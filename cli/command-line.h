// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the command line: which subcommands and options there are, and their help. The one
// place that knows CLI11; a subcommand's own file knows only its options as values.
#pragma once

namespace portreeve::cli {

int runCommandLine(int argumentCount, char** arguments);
// Runs the subcommand that was asked for and returns its exit code; WRONG_USE, with a sentence on
// standard error, where the words make no sense. Lets Failure through.

}  // namespace portreeve::cli
