// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/replay.h"

#include "cli/history.h"
#include "cli/local-time.h"
#include "cli/rule-texts.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/supposed-profile.h"
#include "policy/rules/source.h"

#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

namespace view = proto::view;

void addFiles(const std::string& path, RuleTexts& texts) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    throw Failure(FAILED, "--rules: ", path.c_str(), ": there is no such file or folder");
  rules::FolderContent content;
  if (S_ISDIR(status.st_mode)) {
    content = rules::readFolder(path.c_str(), rules::Layer::ADMINISTRATOR);
  } else {
    KJ_IF_MAYBE (source,
                 rules::readFile(path.c_str(), rules::Layer::ADMINISTRATOR, content.problems))
      content.sources.add(kj::mv(*source));
  }
  if (!content.problems.empty()) {
    auto lines = KJ_MAP(problem, content.problems) {
      return problem.toString();
    };
    throw Failure(FAILED, kj::strArray(lines, "\n"));
  }
  for (auto& source : content.sources)
    texts.files.add(
        RuleTexts::File{kj::mv(source.file), kj::mv(source.text), false, source.writtenNs});
}

void show(view::ReplayOutcome::Reader outcome) {
  uint64_t now = wallNs();
  auto number = [](double value) { return kj::str(uint64_t(value)); };
  if (outcome.getConnections() == 0) return say("nothing was recorded in that time");
  printLine(kj::str(number(outcome.getConnections()), " connections from ",
                    localTime(outcome.getSince(), now), " to ", localTime(outcome.getUntil(), now),
                    "; ", number(outcome.getChanged()), " would have been judged otherwise"));
  if (outcome.getChanges().size() == 0) return;
  Table table{{"CONNECTIONS", true}, {"PROGRAM"}, {"WAS"}, {"WOULD BE"}, {"BY RULE"}, {"LIKE"}};
  for (auto change : outcome.getChanges())
    table.add(number(change.getConnections()),
              change.getProgram().size() > 0 ? kj::str(change.getProgram()) : kj::str("-"),
              Cell(change.getBefore(), colourOfAction(change.getBefore())),
              Cell(change.getAfter(), colourOfAction(change.getAfter())),
              kj::str(change.getRule(), " (", change.getOrigin(), ')'),
              kj::strArray(change.getExamples(), "; "));
  print(kj::str('\n', table.text()));
}

struct Over {
  // Of the past.
  uint64_t since, until;  // ms; 0: any
  kj::StringPtr profile;  // as ReplayOptions says
};

int replayTexts(Session& session, const RuleTexts& texts, Over over, bool json) {
  auto history = session.dial<proto::Historian>("historian").historyRequest().send().getHistory();
  auto request = history.replayRequest();
  texts.fill(request);
  request.setSince(over.since);
  request.setUntil(over.until);
  suppose(request, over.profile, texts.profiles());
  auto answer = session.awaitLong("historian", request.send());
  if (json)
    printLine(toJson(answer.getOutcome()));
  else
    show(answer.getOutcome());
  return GOOD;
}

}  // namespace

int replay(const ReplayOptions& options) {
  uint64_t now = wallNs();
  uint64_t since = parseMoment(options.since, "--since", now);
  uint64_t until = parseMoment(options.until, "--until", now);
  Session session;
  RuleTexts texts;
  if (!options.rules.empty()) addFiles(options.rules, texts);
  texts.addInForce(session, options.rules.empty());
  return replayTexts(session, texts, {since, until, options.profile.c_str()}, options.json);
}

int tryRule(Session& session, kj::StringPtr toml, bool own, bool json) {
  RuleTexts texts;
  texts.addInForce(session, true);
  texts.files.add(RuleTexts::File{kj::str("the new rule"), kj::str(toml), !own, wallNs(),
                                  own ? uint32_t(geteuid()) : proto::NOBODYS_UID});
  return replayTexts(session, texts, {parseMoment("7d", "--try", wallNs()), 0, ""}, json);
}

}  // namespace portreeve::cli
