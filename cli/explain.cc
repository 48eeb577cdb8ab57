// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/explain.h"

#include "cli/connection-table.h"
#include "cli/endpoint.h"
#include "cli/network-text.h"
#include "cli/printable.h"
#include "cli/program-path.h"
#include "cli/program-view.h"
#include "cli/rule-texts.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/supposed-profile.h"
#include "common/tuple.h"
#include "proto/policy.capnp.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

uint8_t requireProtocol(kj::StringPtr text) {
  KJ_IF_MAYBE (number, parseProtocol(text)) return *number;
  throw Failure(WRONG_USE, "--protocol: \"", text,
                "\" is no protocol; write tcp, udp, icmp, icmpv6 or a number");
}

void setRemote(proto::Question::Builder question, const Endpoint& endpoint) {
  KJ_IF_MAYBE (address, endpoint.address) question.setRemote(address->toString());
  question.setRemotePort(endpoint.port);
}

struct Asked {
  // What the words say, checked before anything is dialled.
  Endpoint to;
  Endpoint from;
  kj::String program;
  uint8_t protocol = 0;
};

Asked understand(const ExplainOptions& options) {
  Asked asked;
  if (options.id.has_value()) return asked;
  if (options.to.empty() && options.domain.empty() && options.program.empty())
    throw Failure(
        WRONG_USE,
        "say what to explain: the ID of a connection, or --program PATH --to ADDRESS:PORT");
  if (!options.from.empty() && !options.in)
    throw Failure(WRONG_USE, "--from is for incoming connections: add --in");
  if (!options.to.empty()) asked.to = requireEndpoint(options.to.c_str(), "--to");
  if (!options.from.empty()) asked.from = requireEndpoint(options.from.c_str(), "--from");
  if (!options.program.empty()) asked.program = programPath(options.program.c_str());
  asked.protocol = requireProtocol(options.protocol.c_str());
  return asked;
}

void fill(proto::Question::Builder question, const ExplainOptions& options, const Asked& asked) {
  if (options.id.has_value()) return question.setId(*options.id);
  question.setDirection(options.in ? proto::Direction::IN : proto::Direction::OUT);
  question.setProtocol(asked.protocol);
  setRemote(question, options.in ? asked.from : asked.to);
  if (options.in) question.setLocalPort(asked.to.port);
  question.setDomain(options.domain.c_str());
  question.setPath(asked.program);
  question.setUser(options.user.c_str());
}

void showConnection(view::Connection::Reader connection) {
  ConnectionTable table;
  table.add(connection, wallNs());
  print(table.text());
  for (auto& line : linesOf(connection.getProcess())) printLine(toText(line));
  printLine(toText(ProgramLine{"mark", kj::str(connection.getVerdict().getMark())}));
  print("\n");
}

void showConsidered(capnp::List<view::Considered>::Reader considered) {
  Table table{{"RULE"}, {"STANDS IN"}, {"MATCHED"}};
  for (auto rule : considered)
    table.add(rule.getRule(), rule.getOrigin(),
              rule.getMatched() ? Cell("yes"_kj, Colour::BOLD)
                                : Cell(kj::str("no: ", rule.getFailed()), Colour::DIM));
  auto text = table.text();
  if (text.size() > 0) print(kj::str('\n', text));
}

kj::String indented(kj::StringPtr text) {
  kj::Vector<kj::String> lines;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); i++) {
    if (i < text.size() && text[i] != '\n') continue;
    lines.add(kj::str("  ", printable(kj::str(text.slice(start, i)))));
    start = i + 1;
  }
  return kj::strArray(lines, "\n");
}

void showDeciding(view::RuleView::Reader rule) {
  if (rule.getName().size() == 0) return;
  printLine(kj::str("\nDecided by \"", printable(rule.getName()), "\", ",
                    printable(rule.getOrigin()), ':'));
  printLine(indented(rule.getText()));
}

kj::String durationText(double us) {
  if (us < 1000) return kj::str(rounded(us, 0), " us");
  if (us < 1e6) return kj::str(rounded(us / 1000, 1), " ms");
  return kj::str(rounded(us / 1e6, 1), " s");
}

void showStages(capnp::List<view::StageTime>::Reader stages) {
  if (stages.size() == 0) return;
  auto words = KJ_MAP(stage, stages) {
    return kj::str(stage.getStage(), ' ', durationText(stage.getUs()));
  };
  printLine(kj::str("\nIts first packet took: ", kj::strArray(words, ", "), '.'));
}

void show(view::Explanation::Reader explanation) {
  if (explanation.getConnection().getId() > 0) showConnection(explanation.getConnection());
  printLine(painted(printable(explanation.getWords()), Colour::BOLD));
  auto network = networkText(explanation.getNetwork());
  if (network.size() > 0) printLine(kj::str("\nThe other end is in ", network, '.'));
  showDeciding(explanation.getDeciding());
  if (explanation.getDns().size() > 0)
    printLine(kj::str("\nWhen the name was asked for: ", printable(explanation.getDns())));
  if (explanation.getLists().size() > 0)
    printLine(kj::str("\nOn lists: ", printable(kj::strArray(explanation.getLists(), "; "))));
  showConsidered(explanation.getConsidered());
  showStages(explanation.getStages());
}

void show(view::Explanation::Reader explanation, bool asJson) {
  if (asJson)
    printLine(toJson(explanation));
  else
    show(explanation);
}

int explainPast(Session& session, const ExplainOptions& options) {
  auto history = session.dial<proto::Historian>("historian").historyRequest().send().getHistory();
  RuleTexts texts;
  texts.addInForce(session, true);
  auto request = history.explainRequest();
  request.setConnection(*options.id);
  texts.fill(request);
  suppose(request, "", texts.profiles());
  show(session.await("historian", request.send()).getExplanation(), options.json);
  return GOOD;
}

}  // namespace

int explain(const ExplainOptions& options) {
  auto asked = understand(options);
  Session session;
  if (options.id.has_value() && *options.id >= proto::FIRST_PAST_ID)
    return explainPast(session, options);
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto request = observer.explainRequest();
  fill(request.initQuestion(), options, asked);
  auto answer = session.await("policy", request.send());
  show(answer.getExplanation(), options.json);
  return GOOD;
}

}  // namespace portreeve::cli
