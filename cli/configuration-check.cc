// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/configuration-check.h"

#include "cli/spare-dns-place.h"
#include "cli/text-file.h"
#include "common/accounts.h"
#include "common/clock.h"
#include "common/dns-place.h"
#include "common/settings.h"
#include "policy/rules/check.h"

#include <errno.h>
#include <kj/exception.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr SETTINGS_NAME = "portreeve.toml"_kj;

class Gatherer {
public:
  void settings(kj::StringPtr path) {
    result.settingsRead = true;
    KJ_IF_MAYBE (problem,
                 kj::runCatchingExceptions([&]() { result.settings = Settings::load(path); }))
      result.errors.add(kj::str(problem->getDescription()));
    noteWhoHasDnsPort(result.settings);
    if (access(path.cStr(), F_OK) == 0) result.files++;
  }

  void changedSettings(kj::StringPtr path) {
    // By `portreeve settings set`: in force instead of what portreeve.toml says.
    auto content = readText(path);
    KJ_IF_MAYBE (text, content) {
      KJ_IF_MAYBE (problem, kj::runCatchingExceptions(
                                [&]() { readPolicyTable(path, *text, result.settings.policy); }))
        result.errors.add(kj::str(problem->getDescription()));
      result.files++;
    }
  }

  void restOf(kj::StringPtr path) {
    // Where no settings were given, rules name ways of those in force, and the resolver listens as
    // they say.
    if (result.settingsRead) return;
    kj::runCatchingExceptions([&]() {
      auto inForce = Settings::load(path);
      noteWhoHasDnsPort(inForce);
      result.settings.policy.ways = kj::mv(inForce.policy.ways);
      result.settings.policy.othersHaveDnsPort = inForce.policy.othersHaveDnsPort;
    });
  }

  void folder(kj::StringPtr path, rules::Layer layer) {
    if (access(path.cStr(), R_OK | X_OK) != 0 && errno == EACCES) {
      result.warnings.add(kj::str(path, ": not looked at: only root may read it"));
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

  GatheredRules finish(const Directories& directories) {
    result.listFolder = kj::str(directories.state, "/lists");
    // What the settings say is not what holds where another program was there before.
    auto& policy = result.settings.policy;
    policy.othersHaveDnsPort =
        policy.othersHaveDnsPort || spareDnsPlaceInUse(Transport::UDP, true).size() > 0;
    return kj::mv(result);
  }

private:
  GatheredRules result;

  void add(rules::RuleSource source) {
    result.files++;
    result.sources.add(kj::mv(source));
  }

  void addErrors(kj::ArrayPtr<const rules::Problem> problems) {
    for (auto& problem : problems) result.errors.add(problem.toString());
  }
};

bool isFolder(kj::StringPtr path) {
  struct stat status {};
  return stat(path.cStr(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool isSettings(kj::StringPtr path) {
  return path == SETTINGS_NAME || path.endsWith(kj::str('/', SETTINGS_NAME));
}

CheckReport checked(GatheredRules gathered) {
  CheckReport report;
  auto users = UserNames::read();
  auto result = rules::check(gathered.sources, optionsOf(gathered, users), wallNs());
  report.errors = kj::mv(gathered.errors);
  report.warnings = kj::mv(gathered.warnings);
  for (auto& error : result.errors) report.errors.add(error.toString());
  for (auto& list : result.missing) report.warnings.add(kj::mv(list));
  for (auto& warning : result.warnings) report.warnings.add(warning.toString());
  report.files = gathered.files;
  report.rules = result.rules;
  return report;
}

}  // namespace

GatheredRules gatherConfiguration(const Directories& directories) {
  Gatherer gatherer;
  gatherer.settings(directories.settingsFile());
  gatherer.changedSettings(directories.changedSettingsFile());
  gatherer.folder(kj::str(directories.configuration, "/rules.d"), rules::Layer::ADMINISTRATOR);
  gatherer.folder(kj::str(directories.state, "/policy/rules.d"), rules::Layer::SUITE);
  return gatherer.finish(directories);
}

GatheredRules gatherFiles(kj::ArrayPtr<const kj::String> paths) {
  Gatherer gatherer;
  for (auto& path : paths) {
    if (isFolder(path))
      gatherer.folder(path, rules::Layer::ADMINISTRATOR);
    else if (isSettings(path))
      gatherer.settings(path);
    else
      gatherer.file(path);
  }
  auto directories = Directories::fromEnvironment();
  gatherer.restOf(directories.settingsFile());
  return gatherer.finish(directories);
}

rules::RuleOptions optionsOf(const GatheredRules& gathered, const UserNames& users) {
  auto& policy = gathered.settings.policy;
  rules::RuleOptions options{users,
                             policy.defaultAction,
                             policy.keepExisting,
                             policy.builtinOff.asPtr(),
                             gathered.listFolder,
                             0};
  if (gathered.settingsRead) options.profiles = policy.profiles.asPtr();
  options.ways = policy.ways.asPtr();
  options.othersHaveDnsPort = policy.othersHaveDnsPort;
  return options;
}

CheckReport checkConfiguration(const Directories& directories) {
  return checked(gatherConfiguration(directories));
}

CheckReport checkFiles(const std::vector<std::string>& paths) {
  kj::Vector<kj::String> copies;
  for (auto& path : paths) copies.add(kj::str(path.c_str()));
  return checked(gatherFiles(copies));
}

}  // namespace portreeve::cli
