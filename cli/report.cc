// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/report.h"

#include "cli/configuration-check.h"
#include "cli/diagnosis.h"
#include "cli/machine-facts.h"
#include "cli/printable.h"
#include "cli/program-output.h"
#include "cli/redaction.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "cli/text-file.h"
#include "common/json.h"
#include "common/suite.h"

#include <capnp/message.h>
#include <limits.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr HEADING =
    "portreeve report. Addresses, this host's name and home folders are replaced; look through it "
    "before you show it to anybody.\n"_kj;

kj::String hostName() {
  char name[HOST_NAME_MAX + 1]{};
  gethostname(name, HOST_NAME_MAX);
  return kj::str(static_cast<const char*>(name));
}

class Report {
public:
  void section(kj::StringPtr title, kj::StringPtr text) {
    print(kj::str("\n== ", title, '\n'));
    for (auto& line : linesOf(text)) printLine(redaction.apply(printable(line)));
  }

  void output(kj::StringPtr title, kj::StringPtr program,
              std::initializer_list<kj::StringPtr> arguments) {
    KJ_IF_MAYBE (text, outputOf(program, arguments))
      section(title, *text);
    else
      section(title, kj::str("not to be had: ", program, " is missing or failed"));
  }

  void file(kj::StringPtr title, kj::StringPtr path) {
    KJ_IF_MAYBE (text, readText(path))
      section(title, *text);
    else
      section(title, kj::str("cannot be read: ", path));
  }

private:
  Redaction redaction{hostName()};
};

kj::String findingsText(const Directories& directories) {
  kj::Vector<kj::String> lines;
  for (auto& finding : diagnose(collectFacts(directories)))
    lines.add(kj::str(finding.severity == Severity::PROBLEM ? "problem" : "note", ": ",
                      finding.subject, ": ", finding.what));
  return lines.empty() ? kj::str("nothing found") : kj::strArray(lines, "\n");
}

kj::String statusText(Session& session) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<proto::view::Status>();
  collectStatus(*session.io.lowLevelProvider, session.io.provider->getTimer(), session.directories,
                status)
      .wait(session.io.waitScope);
  return toJson(status.asReader());
}

kj::String rulesText(const Directories& directories) {
  auto checked = checkConfiguration(directories);
  return kj::str(checked.rules, " rules in ", checked.files, " files, ", checked.errors.size(),
                 " errors, ", checked.warnings.size(), " warnings");
}

}  // namespace

int report() {
  print(HEADING);
  Session session;
  Report report;
  report.section("version", PORTREEVE_VERSION);
  report.file("kernel", "/proc/version");
  report.file("system", "/etc/os-release");
  report.section("doctor", findingsText(session.directories));
  report.section("status", statusText(session));
  report.section("rules", rulesText(session.directories));
  report.file("settings", session.directories.settingsFile());
  auto changed = session.directories.changedSettingsFile();
  if (access(changed.cStr(), F_OK) == 0) report.file("settings changed by command", changed);
  report.output("units", "/usr/bin/systemctl",
                {"list-units"_kj, "--all"_kj, "--plain"_kj, "--no-pager"_kj, "portreeve*"_kj});
  report.output("journal", "/usr/bin/journalctl",
                {"--no-pager"_kj, "--lines=200"_kj, "--output=short-iso"_kj, "--boot"_kj,
                 "--unit=portreeve*"_kj});
  return GOOD;
}

}  // namespace portreeve::cli
