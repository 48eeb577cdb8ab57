// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/configuration-check.h"

#include "common/accounts.h"
#include "common/clock.h"
#include "common/settings.h"
#include "policy/rules/check.h"

#include <errno.h>
#include <kj/exception.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr SETTINGS_NAME = "portreeve.toml"_kj;

class Checker {
public:
  void settings(kj::StringPtr path) {
    KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { known = Settings::load(path); }))
      report.errors.add(kj::str(problem->getDescription()));
    if (access(path.cStr(), F_OK) == 0) report.files++;
  }

  void folder(kj::StringPtr path, rules::Layer layer) {
    if (access(path.cStr(), R_OK | X_OK) != 0 && errno == EACCES) {
      report.warnings.add(kj::str(path, ": not looked at: only root may read it"));
      return;
    }
    auto content = rules::readFolder(path, layer);
    for (auto& source : content.sources) add(kj::mv(source));
    addErrors(content.problems);
  }

  void file(kj::StringPtr path) {
    kj::Vector<rules::Problem> problems;
    KJ_IF_MAYBE (source, rules::readFile(path, rules::Layer::ADMINISTRATOR, problems))
      add(kj::mv(*source));
    addErrors(problems);
  }

  CheckReport finish() {
    auto users = UserNames::read();
    rules::RuleOptions options{users, known.policy.defaultAction, known.policy.keepExisting,
                               known.policy.builtinOff.asPtr(), 0};
    auto result = rules::check(sources, options, wallNs());
    addErrors(result.errors);
    for (auto& warning : result.warnings) report.warnings.add(warning.toString());
    report.rules = result.rules;
    return kj::mv(report);
  }

private:
  CheckReport report;
  Settings known;
  kj::Vector<rules::RuleSource> sources;

  void add(rules::RuleSource source) {
    report.files++;
    sources.add(kj::mv(source));
  }

  void addErrors(kj::ArrayPtr<const rules::Problem> problems) {
    for (auto& problem : problems) report.errors.add(problem.toString());
  }
};

bool isFolder(kj::StringPtr path) {
  struct stat status {};
  return stat(path.cStr(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool isSettings(kj::StringPtr path) {
  return path == SETTINGS_NAME || path.endsWith(kj::str('/', SETTINGS_NAME));
}

}  // namespace

CheckReport checkConfiguration(const Directories& directories) {
  Checker checker;
  checker.settings(directories.settingsFile());
  checker.folder(kj::str(directories.configuration, "/rules.d"), rules::Layer::ADMINISTRATOR);
  checker.folder(kj::str(directories.state, "/policy/rules.d"), rules::Layer::USER);
  return checker.finish();
}

CheckReport checkFiles(const std::vector<std::string>& paths) {
  Checker checker;
  for (auto& path : paths) {
    if (isFolder(path.c_str()))
      checker.folder(path.c_str(), rules::Layer::ADMINISTRATOR);
    else if (isSettings(path.c_str()))
      checker.settings(path.c_str());
    else
      checker.file(path.c_str());
  }
  return checker.finish();
}

}  // namespace portreeve::cli
