// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/where.h"

#include "cli/network-text.h"
#include "cli/printable.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/address.h"
#include "common/json.h"
#include "proto/policy.capnp.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

void requireAddresses(const std::vector<std::string>& addresses) {
  for (auto& one : addresses)
    if (Address::parse(one.c_str()) == nullptr)
      throw Failure(WRONG_USE, "where: \"", one.c_str(), "\" is no address");
}

void show(capnp::List<view::Network>::Reader networks) {
  Table table{{"ADDRESS"}, {"SCOPE"}, {"COUNTRY"}, {"AS"}, {"ORGANIZATION"}};
  bool anyKnown = false, anyFar = false;
  for (auto network : networks) {
    auto system = network.getAutonomousSystem();
    bool numbered = network.hasAutonomousSystem();
    anyKnown = anyKnown || numbered || network.getCountry().size() > 0;
    anyFar = anyFar || network.getScope() == "internet";
    table.add(network.getAddress(), scopeText(network), printable(network.getCountry()),
              numbered ? kj::str(system.getNumber()) : kj::String(),
              printable(system.getOrganization()));
  }
  print(table.text());
  if (anyFar && !anyKnown)
    printLine(
        "Countries and networks come from databases that you put beside the rules: [databases] in "
        "portreeve-rules(5).");
}

}  // namespace

int where(const WhereOptions& options) {
  requireAddresses(options.addresses);
  Session session;
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto request = observer.networksOfRequest();
  auto list = request.initAddresses(uint(options.addresses.size()));
  for (uint i = 0; i < list.size(); i++) list.set(i, options.addresses[i].c_str());
  auto answer = session.await("policy", request.send());
  if (options.json)
    for (auto network : answer.getNetworks()) printLine(toJson(network));
  else
    show(answer.getNetworks());
  return 0;
}

}  // namespace portreeve::cli
