// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/replay.h"

#include "cli/history.h"
#include "cli/local-time.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/policy-table.h"
#include "policy/rules/source.h"
#include "proto/policy.capnp.h"

#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

namespace view = proto::view;

struct Text {
  kj::String file, text;
  bool own;
  uint64_t written;
  uint32_t user = proto::NOBODYS_UID;
};
struct Texts {
  kj::Vector<Text> files;
  kj::String policy;  // the table in force
};

void addInForce(Session& session, Texts& texts, bool administrators) {
  // As policy has them, not as the files are: what is in force is what is to be compared with.
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto answer = session.await("policy", observer.sourcesRequest().send());
  auto settings = session.await("policy", observer.settingsRequest().send());
  texts.policy = policyTable(settings.getPage());
  for (auto source : answer.getSources()) {
    bool ofAdministrator = !source.getOwn() && source.getUser() == proto::NOBODYS_UID;
    if (administrators || !ofAdministrator)
      texts.files.add(Text{kj::str(source.getFile()), kj::str(source.getText()), source.getOwn(),
                           source.getWritten(), source.getUser()});
  }
}

void addFiles(const std::string& path, Texts& texts) {
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
    texts.files.add(Text{kj::mv(source.file), kj::mv(source.text), false, source.writtenNs});
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

int replayTexts(Session& session, const Texts& texts, uint64_t since, uint64_t until, bool json) {
  auto history = session.dial<proto::Historian>("historian").historyRequest().send().getHistory();
  auto request = history.replayRequest();
  auto list = request.initRules(uint(texts.files.size()));
  for (uint i = 0; i < list.size(); i++) {
    list[i].setFile(texts.files[i].file);
    list[i].setText(texts.files[i].text);
    list[i].setOwn(texts.files[i].own);
    list[i].setWritten(texts.files[i].written);
    list[i].setUser(texts.files[i].user);
  }
  request.setPolicy(texts.policy);
  request.setSince(since);
  request.setUntil(until);
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
  Texts texts;
  if (!options.rules.empty()) addFiles(options.rules, texts);
  addInForce(session, texts, options.rules.empty());
  return replayTexts(session, texts, since, until, options.json);
}

int tryRule(Session& session, kj::StringPtr toml, bool own, bool json) {
  Texts texts;
  addInForce(session, texts, true);
  texts.files.add(Text{kj::str("the new rule"), kj::str(toml), !own, wallNs(),
                       own ? uint32_t(geteuid()) : proto::NOBODYS_UID});
  return replayTexts(session, texts, parseMoment("7d", "--try", wallNs()), 0, json);
}

}  // namespace portreeve::cli
