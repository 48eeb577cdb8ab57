// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api about the machine and the suite itself: who owns a socket, the ways of Gate17.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "api-gateway/parameters.h"
#include "api-gateway/problem.h"
#include "common/process-view.h"
#include "common/tuple.h"

#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr auto NO_ATTRIBUTOR = "The attributor does not answer. `portreeve status` says more."_kj;

constexpr auto NO_GATE =
    "The entrypoint to Gate17 does not answer. `portreeve status` says more."_kj;

kj::Maybe<Address> addressOf(const Parameters& given, kj::StringPtr key, bool& wrong) {
  auto text = given.text(key);
  if (text.size() == 0) return nullptr;
  auto address = Address::parse(text);
  wrong = wrong || address == nullptr;
  return address;
}

kj::OneOf<Tuple, Wrong> socketMeant(kj::StringPtr query) {
  auto parsed = Parameters::parse(
      query, {"protocol"_kj, "local"_kj, "local_port"_kj, "remote"_kj, "remote_port"_kj});
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  auto& given = parsed.get<Parameters>();
  Tuple tuple;
  auto protocol = given.text("protocol");
  if (protocol != "" && protocol != "tcp" && protocol != "udp")
    return Wrong{kj::str("protocol is tcp or udp.")};
  tuple.protocol = protocol == "udp" ? PROTOCOL_UDP : PROTOCOL_TCP;
  bool wrong = false;
  auto local = addressOf(given, "local", wrong), remote = addressOf(given, "remote", wrong);
  if (wrong) return Wrong{kj::str("local and remote are addresses.")};
  auto localPort = given.number("local_port", 1, 65535, 0);
  auto remotePort = given.number("remote_port", 1, 65535, 0);
  if (localPort == nullptr || remotePort == nullptr || localPort.orDefault(0) == 0)
    return Wrong{kj::str("local_port is needed: ports are numbers from 1 to 65535.")};
  bool isV4 = local == nullptr ? (remote == nullptr || KJ_ASSERT_NONNULL(remote).isV4())
                               : KJ_ASSERT_NONNULL(local).isV4();
  KJ_IF_MAYBE (address, remote)
    if (address->isV4() != isV4) return Wrong{kj::str("local and remote are of one family.")};
  auto any = KJ_ASSERT_NONNULL(Address::parse(isV4 ? "0.0.0.0"_kj : "::"_kj));
  tuple.family = isV4 ? proto::Family::IPV4 : proto::Family::IPV6;
  tuple.source = local.orDefault(any);
  tuple.sourcePort = uint16_t(localPort.orDefault(0));
  tuple.destination = remote.orDefault(any);
  tuple.destinationPort = uint16_t(remotePort.orDefault(0));
  return tuple;
}

}  // namespace

kj::Promise<Reply> Api::who(kj::Own<Session> session, kj::StringPtr query) {
  auto parsed = socketMeant(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  KJ_IF_MAYBE (attributor, suite.attributor()) {
    auto request = attributor->whoRequest();
    parsed.get<Tuple>().to(request.initTuple());
    auto reply = request.send().then([this](auto&& answer) -> Reply {
      auto process = answer.getProcess();
      if (process.getPid() == 0)
        return problem(404, process.getReason().size() > 0
                                ? kj::StringPtr(process.getReason())
                                : "No process has such a socket open."_kj);
      capnp::MallocMessageBuilder message;
      auto program = message.initRoot<view::Program>();
      fillProgram(program, process, users);
      return json(toJson(program.asReader()));
    });
    return timer.timeoutAfter(ASKER_TIME, kj::mv(reply))
        .catch_([](kj::Exception&&) { return problem(503, NO_ATTRIBUTOR); })
        .attach(kj::mv(session));
  }
  return problem(503, NO_ATTRIBUTOR);
}

kj::Promise<Reply> Api::gate(kj::Own<Session> session) {
  KJ_IF_MAYBE (entrypoint, suite.gate()) {
    auto reply = entrypoint->waysRequest().send().then(
        [](auto&& answer) { return json(kj::str("{\"ways\":", toJson(answer.getWays()), "}")); });
    return timer.timeoutAfter(POLICY_TIME, kj::mv(reply))
        .catch_([](kj::Exception&&) { return problem(503, NO_GATE); })
        .attach(kj::mv(session));
  }
  return problem(503, NO_GATE);
}

}  // namespace portreeve::gateway
