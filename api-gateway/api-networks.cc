// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api that says where addresses are.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "api-gateway/parameters.h"
#include "api-gateway/problem.h"
#include "common/address.h"

namespace portreeve::gateway {
namespace {

constexpr size_t MOST = 100;  // at once

kj::OneOf<kj::Vector<kj::String>, Wrong> addressesIn(kj::StringPtr query) {
  auto parsed = Parameters::parse(query, kj::arr("addresses"_kj));
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  kj::Vector<kj::String> addresses;
  auto rest = parsed.get<Parameters>().text("addresses");
  while (rest.size() > 0) {
    auto end = rest.findFirst(',').orDefault(rest.size());
    auto one = kj::str(rest.slice(0, end));
    rest = rest.slice(kj::min(end + 1, rest.size()));
    if (Address::parse(one) == nullptr)
      return Wrong{kj::str("addresses: \"", one, "\" is no address.")};
    if (addresses.size() == MOST) return Wrong{kj::str("addresses: at most ", MOST, " at once.")};
    addresses.add(kj::mv(one));
  }
  if (addresses.empty())
    return Wrong{
        kj::str("addresses is needed: one or more, by commas, like 192.0.2.1,2001:db8::1")};
  return kj::mv(addresses);
}

}  // namespace

kj::Promise<Reply> Api::networks(kj::Own<Session> session, kj::StringPtr query) {
  auto parsed = addressesIn(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  auto& addresses = parsed.get<kj::Vector<kj::String>>();
  auto request = session->observer.networksOfRequest();
  auto list = request.initAddresses(uint(addresses.size()));
  for (uint i = 0; i < list.size(); i++) list.set(i, addresses[i]);
  auto reply = request.send().then([](auto&& answer) {
    return json(kj::str("{\"networks\":", toJson(answer.getNetworks()), "}"));
  });
  return orProblem(kj::mv(session), kj::mv(reply));
}

}  // namespace portreeve::gateway
