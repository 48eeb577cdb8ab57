// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/socket-question.h"

#include "cli/endpoint.h"
#include "cli/failure.h"

#include <charconv>

namespace portreeve::cli {
namespace {

struct Words {
  kj::Maybe<uint8_t> protocol;
  Endpoint local;
  Endpoint remote;
};

Words understand(const std::vector<std::string>& words) {
  Words result;
  size_t at = 0;
  if (!words.empty()) {
    result.protocol = parseProtocol(words[0].c_str());
    if (result.protocol != nullptr) at = 1;
  }
  if (at >= words.size() || words.size() > at + 2)
    throw Failure(WRONG_USE,
                  "who: say PID or [PROTOCOL] LOCAL [REMOTE], for example: "
                  "portreeve who tcp 127.0.0.1:80");
  result.local = requireEndpoint(words[at].c_str(), "LOCAL");
  if (result.local.port == 0)
    throw Failure(WRONG_USE, "LOCAL: \"", words[at].c_str(), "\" has no port");
  if (at + 1 < words.size()) result.remote = requireEndpoint(words[at + 1].c_str(), "REMOTE");
  return result;
}

Address unspecified(proto::Family family) {
  const uint8_t zeros[16] = {};
  return family == proto::Family::IPV4 ? Address::fromV4(zeros) : Address::fromV6(zeros);
}

bool fits(const kj::Maybe<Address>& address, proto::Family family) {
  KJ_IF_MAYBE (known, address) return known->isV4() == (family == proto::Family::IPV4);
  return true;
}

Tuple tupleOf(const Words& words, uint8_t protocol, proto::Family family) {
  Tuple tuple;
  tuple.family = family;
  tuple.protocol = protocol;
  tuple.source = words.local.address.orDefault(unspecified(family));
  tuple.sourcePort = words.local.port;
  tuple.destination = words.remote.address.orDefault(unspecified(family));
  tuple.destinationPort = words.remote.port;
  return tuple;
}

kj::Maybe<int32_t> processMeant(const std::vector<std::string>& words) {
  if (words.size() != 1 || words[0].find_first_not_of("0123456789") != std::string::npos)
    return nullptr;
  int32_t pid = 0;
  auto parsed = std::from_chars(words[0].data(), words[0].data() + words[0].size(), pid);
  if (parsed.ec != std::errc() || pid == 0)
    throw Failure(WRONG_USE, "PID: no process has the number ", words[0].c_str(),
                  "; a port is written :", words[0].c_str());
  return pid;
}

kj::Vector<Tuple> socketsMeant(const Words& understood) {
  kj::Vector<uint8_t> protocols;
  KJ_IF_MAYBE (said, understood.protocol) {
    protocols.add(*said);
  } else {
    protocols.add(PROTOCOL_TCP);
    protocols.add(PROTOCOL_UDP);
  }
  kj::Vector<Tuple> tuples;
  for (uint8_t protocol : protocols)
    for (auto family : {proto::Family::IPV4, proto::Family::IPV6})
      if (fits(understood.local.address, family) && fits(understood.remote.address, family))
        tuples.add(tupleOf(understood, protocol, family));
  if (tuples.empty()) throw Failure(WRONG_USE, "LOCAL and REMOTE are not of one address family");
  return tuples;
}

}  // namespace

WhoQuestion understood(const std::vector<std::string>& words) {
  WhoQuestion question;
  question.pid = processMeant(words);
  if (question.pid == nullptr) question.sockets = socketsMeant(understand(words));
  return question;
}

}  // namespace portreeve::cli
