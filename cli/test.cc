// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/test.h"

#include "cli/configuration-check.h"
#include "cli/failure.h"
#include "cli/printable.h"
#include "cli/terminal.h"
#include "common/clock.h"
#include "policy/rules/expectations.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr SUFFIX = ".test"_kj;
constexpr size_t MOST_CONSIDERED = 10;  // the last ones, the deciding rule among them

bool isFolder(kj::StringPtr path) {
  struct stat status {};
  return stat(path.cStr(), &status) == 0 && S_ISDIR(status.st_mode);
}

kj::Vector<kj::String> testsIn(kj::StringPtr folder) {
  DIR* opened = opendir(folder.cStr());
  if (opened == nullptr) throw Failure(FAILED, folder, ": ", strerror(errno));
  KJ_DEFER(closedir(opened));
  kj::Vector<kj::String> found;
  while (const dirent* entry = readdir(opened))
    if (kj::StringPtr(entry->d_name).endsWith(SUFFIX))
      found.add(kj::str(folder, '/', entry->d_name));
  if (found.empty()) throw Failure(FAILED, folder, ": there is no file *.test in it");
  std::sort(found.begin(), found.end());
  return found;
}

kj::String beside(kj::StringPtr file, kj::StringPtr path) {
  KJ_IF_MAYBE (slash, file.findLast('/')) {
    if (!path.startsWith("/")) return kj::str(file.slice(0, *slash + 1), path);
  }
  return kj::str(path);
}

class Tap {
  // testanything.org, version 13. The plan comes last, when it is known.
public:
  Tap() { printLine("TAP version 13"); }

  void result(bool passed, kj::StringPtr name) {
    count++;
    failures += !passed;
    // "#" would begin a directive.
    auto shown = printable(name);
    for (char& c : shown)
      if (c == '#') c = '_';
    printLine(kj::str(passed ? "ok " : "not ok ", count, " - ", shown));
  }

  void diagnostics(kj::ArrayPtr<const kj::String> lines) {
    for (auto& line : lines) printLine(kj::str("# ", printable(line)));
  }

  int finish() {
    printLine(kj::str("1..", count));
    return failures == 0 ? GOOD : FAILED;
  }

private:
  size_t count = 0;
  size_t failures = 0;
};

void explainFailure(const rules::Expectation& expectation, const rules::Outcome& outcome,
                    Tap& tap) {
  kj::Vector<kj::String> lines;
  lines.add(kj::str("at ", expectation.origin));
  for (auto& difference : outcome.differences) lines.add(kj::str(difference));
  auto& considered = outcome.trace.considered;
  size_t first = considered.size() > MOST_CONSIDERED ? considered.size() - MOST_CONSIDERED : 0;
  if (first > 0) lines.add(kj::str("  (", first, " rules before)"));
  for (size_t i = first; i < considered.size(); i++)
    lines.add(kj::str("  ", considered[i].matched ? "matches: " : "does not: ",
                      considered[i].rule->name, " (", considered[i].rule->origin(), ')',
                      considered[i].matched ? "" : ": ", considered[i].failed));
  tap.diagnostics(lines);
}

kj::Maybe<kj::Own<rules::RuleSet>> loadRules(kj::StringPtr file,
                                             const rules::ExpectationFile& expected,
                                             const UserNames& users,
                                             kj::Vector<kj::String>& errors) {
  auto paths = KJ_MAP(path, expected.rules) {
    return beside(file, path);
  };
  auto gathered = expected.rules.empty() ? gatherConfiguration(Directories::fromEnvironment())
                                         : gatherFiles(paths);
  auto options = optionsOf(gathered, users);
  options.defaultAction = expected.defaultAction.orDefault(options.defaultAction);
  auto loaded = rules::RuleSet::load(gathered.sources, options);
  errors = kj::mv(gathered.errors);
  for (auto& warning : gathered.warnings) errors.add(kj::mv(warning));
  for (auto& problem : loaded.problems) errors.add(problem.toString());
  if (!errors.empty()) return nullptr;
  return kj::mv(loaded.set);
}

kj::Maybe<rules::ExpectationFile> readExpectations(kj::StringPtr file, const UserNames& users,
                                                   kj::Vector<kj::String>& errors) {
  kj::Vector<rules::Problem> problems;
  KJ_IF_MAYBE (source, rules::readFile(file, rules::Layer::ADMINISTRATOR, problems)) {
    auto expected = rules::parseExpectations(*source, users);
    if (expected.problems.empty()) return kj::mv(expected);
    problems = kj::mv(expected.problems);
  }
  for (auto& problem : problems) errors.add(problem.toString());
  return nullptr;
}

void runFile(kj::StringPtr file, const UserNames& users, Tap& tap) {
  kj::Vector<kj::String> errors;
  KJ_IF_MAYBE (expected, readExpectations(file, users, errors)) {
    KJ_IF_MAYBE (set, loadRules(file, *expected, users, errors)) {
      for (auto& expectation : expected->expectations) {
        auto outcome = rules::run(*expectation, **set, wallNs());
        tap.result(outcome.passed, expectation->name);
        if (!outcome.passed) explainFailure(*expectation, outcome, tap);
      }
      return;
    }
  }
  tap.result(false, kj::str(file, " and its rules are good"));
  tap.diagnostics(errors);
}

}  // namespace

int test(const TestOptions& options) {
  auto users = UserNames::read();
  kj::Vector<kj::String> files;
  for (auto& path : options.paths) {
    if (isFolder(path.c_str()))
      for (auto& found : testsIn(path.c_str())) files.add(kj::mv(found));
    else
      files.add(kj::str(path.c_str()));
  }
  Tap tap;
  for (auto& file : files) runFile(file, users, tap);
  return tap.finish();
}

}  // namespace portreeve::cli
