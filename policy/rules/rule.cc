// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/rule.h"

#include "policy/rules/operands.h"

namespace portreeve::rules {

Match Rule::test(const FlowFacts& facts) const {
  return testAll(operands, facts);
}

kj::String Rule::origin() const {
  return line == 0 || layer == Layer::BUILT_IN || layer == Layer::DEFAULT
             ? kj::str(file)
             : kj::str(file, ':', line);
}

kj::StringPtr toText(Action action) {
  switch (action) {
    case Action::ALLOW:
      return "allow";
    case Action::BLOCK:
      return "block";
    case Action::DROP:
      return "drop";
    case Action::GATE17:
      return "gate17";
    case Action::NAMESERVER:
      return "nameserver";
    case Action::ASK:
      return "ask";
  }
  return "unknown";
}

kj::StringPtr toText(Layer layer) {
  switch (layer) {
    case Layer::BUILT_IN:
      return "built-in";
    case Layer::ADMINISTRATOR:
      return "administrator";
    case Layer::SUITE:
      return "suite";
    case Layer::USER:
      return "user";
    case Layer::DEFAULT:
      return "default";
  }
  return "unknown";
}

kj::StringPtr toText(NameSource source) {
  switch (source) {
    case NameSource::PROCESS:
      return "process";
    case NameSource::PROGRAM:
      return "program";
    case NameSource::USER:
      return "user";
    case NameSource::ANY:
      return "any";
  }
  return "unknown";
}

kj::StringPtr toText(ProcessKind kind) {
  switch (kind) {
    case ProcessKind::PROGRAM:
      return "program";
    case ProcessKind::REPLACED:
      return "replaced";
    case ProcessKind::FOREIGN_ROOT:
      return "foreign-root";
    case ProcessKind::KERNEL:
      return "kernel";
    case ProcessKind::NO_SOCKET:
      return "no-socket";
    case ProcessKind::UNKNOWN:
      return "unknown";
  }
  return "unknown";
}

kj::StringPtr toText(Direction direction) {
  return direction == Direction::OUT ? "out" : "in";
}

proto::Verdict verdictOf(const Rule& rule) {
  switch (rule.action) {
    case Action::ALLOW:
      return rule.once ? proto::Verdict::ACCEPT_ONCE : proto::Verdict::ACCEPT;
    case Action::BLOCK:
      return rule.once ? proto::Verdict::BLOCK_ONCE : proto::Verdict::BLOCK;
    case Action::DROP:
      return rule.once ? proto::Verdict::DROP_ONCE : proto::Verdict::DROP;
    case Action::GATE17:
      return proto::Verdict::GATE17;
    case Action::NAMESERVER:
      return proto::Verdict::NAMESERVER;
    case Action::ASK:
      return proto::Verdict::ASK;
  }
  return proto::Verdict::DROP;
}

bool letsThrough(Action action) {
  return action != Action::BLOCK && action != Action::DROP;
}

}  // namespace portreeve::rules
