// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/doctor.h"

#include "cli/diagnosis.h"
#include "cli/failure.h"
#include "cli/machine-facts.h"
#include "cli/printable.h"
#include "cli/terminal.h"
#include "common/json.h"
#include "proto/view.capnp.h"

#include <capnp/message.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

kj::StringPtr toText(Severity severity) {
  return severity == Severity::PROBLEM ? "problem"_kj : "note"_kj;
}

void showAsJson(const Finding& finding) {
  capnp::MallocMessageBuilder message;
  auto view = message.initRoot<proto::view::Finding>();
  view.setSeverity(toText(finding.severity));
  view.setSubject(finding.subject);
  view.setWhat(finding.what);
  view.setRemedy(finding.remedy);
  printLine(toJson(view.asReader()));
}

void show(const Finding& finding) {
  bool problem = finding.severity == Severity::PROBLEM;
  printLine(kj::str(painted(toText(finding.severity), problem ? Colour::RED : Colour::YELLOW), "  ",
                    finding.subject, ": ", printable(finding.what)));
  printLine(kj::str("    to do: ", printable(finding.remedy)));
}

}  // namespace

int doctor(const DoctorOptions& options) {
  if (geteuid() != 0)
    say("portreeve doctor: without root it does not see who holds a port, nor the kernel's rules");
  auto findings = diagnose(collectFacts(Directories::fromEnvironment()));
  size_t problems = 0;
  for (auto& finding : findings) {
    if (finding.severity == Severity::PROBLEM) problems++;
    if (options.json)
      showAsJson(finding);
    else
      show(finding);
  }
  if (!options.json) {
    auto notes = findings.size() - problems;
    printLine(problems == 0 ? kj::str("nothing here keeps portreeve from working (", notes,
                                      notes == 1 ? " note)" : " notes)")
                            : kj::str(problems, problems == 1 ? " problem" : " problems"));
  }
  return problems == 0 ? GOOD : FAILED;
}

}  // namespace portreeve::cli
