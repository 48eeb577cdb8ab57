// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rule.h"

#include "cli/change-effects.h"
#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/program-path.h"
#include "cli/remote-login.h"
#include "cli/replay.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/text-file.h"
#include "common/clock.h"
#include "common/json.h"
#include "policy/rules/parse.h"
#include "proto/policy.capnp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

namespace view = proto::view;

kj::StringPtr orDash(kj::StringPtr text) {
  return text.size() > 0 ? text : "-"_kj;
}

kj::String layerOf(view::RuleView::Reader rule, const UserNames& users) {
  KJ_IF_MAYBE (uid, users.uidOf(rule.getUser()))
    return kj::str(rule.getLayer(), ' ', users.nameOf(*uid));
  return kj::str(rule.getLayer());
}

void showTable(capnp::List<view::RuleView>::Reader rules) {
  uint64_t now = wallNs();
  auto users = UserNames::read();
  Table table{{"#", true},    {"ACTION"},    {"NAME"}, {"LAYER"},    {"PROFILE"},
              {"HITS", true}, {"LAST USED"}, {"ENDS"}, {"STANDS IN"}};
  for (auto rule : rules)
    table.add(kj::str(rule.getPosition()), Cell(rule.getAction(), colourOfAction(rule.getAction())),
              rule.getName(), layerOf(rule, users), orDash(rule.getProfile()),
              kj::str(uint64_t(rule.getHits())), orDash(localTime(rule.getLastUsed(), now)),
              orDash(localTime(rule.getExpires(), now)), rule.getOrigin());
  print(table.text());
}

void showToml(capnp::List<view::RuleView>::Reader rules) {
  for (auto rule : rules) {
    printLine(painted(kj::str("# ", rule.getPosition(), ": ", printable(rule.getLayer()), ", ",
                              printable(rule.getOrigin())),
                      Colour::DIM));
    for (auto& line : linesOf(rule.getText())) printLine(printable(line));
    print("\n");
  }
}

void show(capnp::List<view::RuleView>::Reader rules, const RuleListOptions& options) {
  if (options.json) {
    for (auto rule : rules) printLine(toJson(rule));
  } else if (options.toml) {
    showToml(rules);
  } else {
    showTable(rules);
  }
}

kj::StringPtr requireAction(const RuleAddOptions& options) {
  if (options.allow + options.block + options.drop + options.gate17 + options.ask != 1)
    throw Failure(WRONG_USE,
                  "rule add: say one of --allow, --block, --drop, --gate17 and --ask, or give "
                  "a file of rules");
  return options.allow    ? "allow"_kj
         : options.block  ? "block"_kj
         : options.drop   ? "drop"_kj
         : options.gate17 ? "gate17"_kj
                          : "ask"_kj;
}

kj::String instanceOf(int32_t pid) {
  // Its start time is field 22 of proc_pid_stat(5); what is in parentheses may hold anything.
  auto content = readText(kj::str("/proc/", pid, "/stat"));
  KJ_IF_MAYBE (text, content) {
    KJ_IF_MAYBE (end, text->findLast(')')) {
      auto fields = wordsOf(text->slice(*end + 1));
      constexpr size_t START = 22 - 3;
      if (fields.size() > START) return kj::str(pid, '@', fields[START]);
    }
  }
  throw Failure(FAILED, "--pid: there is no process ", pid);
}

kj::String made(RuleAddOptions& options) {
  auto& words = options.words;
  words.action = requireAction(options).cStr();
  if (options.in != options.out) words.direction = options.in ? "in" : "out";
  if (options.pid.has_value()) words.instance = instanceOf(*options.pid).cStr();
  for (auto& program : words.programs) program = programPath(program.c_str()).cStr();
  return ruleText(words);
}

kj::String read(const std::string& file) {
  auto content = file == "-" ? readAll(STDIN_FILENO) : readText(file.c_str());
  KJ_IF_MAYBE (text, content) return kj::mv(*text);
  throw Failure(FAILED, "reading rules: ", file.c_str(), ": ", strerror(errno));
}

void requireGood(kj::StringPtr toml, const RuleAddOptions& options) {
  // Policy checks it again, together with all other rules; here it costs no trip and names the
  // caller's own file.
  bool fromFile = !options.file.empty();
  auto users = UserNames::read();
  rules::RuleSource source{kj::str(fromFile ? options.file.c_str() : "rule"), kj::str(toml),
                           options.own ? rules::Layer::USER : rules::Layer::SUITE, wallNs()};
  auto parsed = rules::parse(source, {users});
  if (parsed.problems.empty() && parsed.rules.empty())
    throw Failure(FAILED, source.file, ": there is no [[rule]] in it");
  if (parsed.problems.empty()) return;
  auto reasons = KJ_MAP(problem, parsed.problems) {
    return fromFile ? problem.toString() : kj::str(problem.reason);
  };
  throw Failure(fromFile ? FAILED : WRONG_USE, kj::strArray(reasons, "\n"));
}

proto::RuleEditor::Client editorOf(Session& session, bool own = false) {
  auto policy = session.dial<proto::Policy>("policy");
  if (own) return policy.ownRulesRequest().send().getEditor();
  return policy.editRequest().send().getEditor();
}

bool isAboutOwn(bool wanted) {
  return wanted || !mayChange(Accounts::read());
}

uint32_t confirmSecondsOf(std::optional<uint32_t> asked, bool own, kj::StringPtr what) {
  // Nobody locks others out by what is about his own programs.
  return own ? asked.value_or(0) : confirmSeconds(asked, what);
}

}  // namespace

int ruleList(const RuleListOptions& options) {
  Session session;
  if (options.own || !mayBeEntitled(Accounts::read())) {
    auto answer = session.await("policy", editorOf(session, true).listRequest().send());
    show(answer.getRules(), options);
    return GOOD;
  }
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto answer = session.await("policy", observer.rulesRequest().send());
  show(answer.getRules(), options);
  return GOOD;
}

int ruleAdd(RuleAddOptions options) {
  options.own = isAboutOwn(options.own);
  auto toml = options.file.empty() ? made(options) : read(options.file);
  requireGood(toml, options);
  Session session;
  if (options.tryOnly) return tryRule(session, toml, options.own, options.json);
  auto request = editorOf(session, options.own).addRequest();
  request.setToml(toml);
  uint32_t seconds = confirmSecondsOf(options.confirmSeconds, options.own, "the rule");
  request.setConfirmSeconds(seconds);
  auto answer = session.await("policy", request.send());
  if (options.json) {
    printLine(toJson(answer.getRule()));
  } else {
    for (auto& line : linesOf(toml)) printLine(printable(line));
    say(options.own
            ? kj::str("in force, as a rule of your own: it can only make stricter what your "
                      "programs may do")
            : kj::str("in force; it stands in ", printable(answer.getRule().getOrigin())));
  }
  sayAffected(answer.getAffected());
  sayConfirm(seconds);
  return GOOD;
}

int ruleRemove(const RuleRemoveOptions& options) {
  Session session;
  bool own = isAboutOwn(options.own);
  auto request = editorOf(session, own).removeRequest();
  request.setName(options.name.c_str());
  uint32_t seconds = confirmSecondsOf(options.confirmSeconds, own, "the removal");
  request.setConfirmSeconds(seconds);
  auto answer = session.await("policy", request.send());
  say(kj::str("removed: ", printable(options.name.c_str())));
  sayAffected(answer.getAffected());
  sayConfirm(seconds);
  return GOOD;
}

int ruleReload(const RuleReloadOptions& options) {
  Session session;
  auto answer = session.await("policy", editorOf(session).reloadRequest().send());
  auto status = answer.getStatus();
  bool good = status.getError().size() == 0;
  if (options.json) {
    printLine(toJson(status));
  } else if (good) {
    printLine(kj::str(status.getCount(), " rules are in force"));
  } else {
    say(printable(status.getError()));
    say("the rules from before stay in force");
  }
  return good ? GOOD : FAILED;
}

}  // namespace portreeve::cli
