// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/explain-query.h"

#include "common/tuple.h"

namespace portreeve::gateway {
namespace {

kj::Maybe<Wrong> setOne(const QueryPair& pair, proto::Question::Builder question, uint16_t& port) {
  kj::StringPtr key = pair.key, value = pair.value;
  if (key == "id") {
    KJ_IF_MAYBE (id, parseDigits(value)) {
      question.setId(*id);
      return nullptr;
    }
    return Wrong{kj::str("id is a connection's number.")};
  }
  if (key == "protocol") {
    KJ_IF_MAYBE (protocol, parseProtocol(value)) {
      question.setProtocol(*protocol);
      return nullptr;
    }
    return Wrong{kj::str("protocol is tcp, udp, icmp, icmpv6 or a number.")};
  }
  if (key == "direction") {
    if (value != "in" && value != "out") return Wrong{kj::str("direction is in or out.")};
    question.setDirection(value == "in" ? proto::Direction::IN : proto::Direction::OUT);
    return nullptr;
  }
  if (key == "port") {
    auto number = parseDigits(value).orDefault(0);
    if (number < 1 || number > 65535) return Wrong{kj::str("port is a number from 1 to 65535.")};
    port = uint16_t(number);
    return nullptr;
  }
  if (key == "program") return question.setPath(value), nullptr;
  if (key == "remote") return question.setRemote(value), nullptr;
  if (key == "domain") return question.setDomain(value), nullptr;
  if (key == "user") return question.setUser(value), nullptr;
  return Wrong{kj::str(
      "The parameters here are id, or program, remote, port, domain, user, protocol, direction.")};
}

}  // namespace

kj::Maybe<Wrong> fillQuestion(kj::StringPtr query, proto::Question::Builder question) {
  auto parsed = parseQuery(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  auto& pairs = parsed.get<kj::Vector<QueryPair>>();
  if (pairs.empty()) return Wrong{kj::str("Say which connection: id, or program and remote.")};
  question.setProtocol(PROTOCOL_TCP);
  uint16_t port = 0;
  for (auto& pair : pairs)
    KJ_IF_MAYBE (wrong, setOne(pair, question, port)) return kj::mv(*wrong);
  if (question.getDirection() == proto::Direction::IN)
    question.setLocalPort(port);
  else
    question.setRemotePort(port);
  return nullptr;
}

}  // namespace portreeve::gateway
