// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/gate-node.h"

#include "cli/local-time.h"
#include "cli/table.h"
#include "common/clock.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

kj::String mebibytes(double bytes) {
  return rounded(bytes / (1 << 20), 1);
}

kj::String count(double value) {
  return kj::str(uint64_t(value));
}

kj::String clientsText(view::GateNode::Reader node) {
  Table table{
      {"CLIENT"},        {"CONNECTED FROM"}, {"LAST SEEN"},     {"STREAMS", true}, {"OPENED", true},
      {"REFUSED", true}, {"FAILED", true},   {"MIB OUT", true}, {"IN", true},      {"KEY"}};
  for (auto client : node.getClients()) {
    bool here = client.getConnections().size() > 0;
    auto from = here ? kj::strArray(client.getConnections(), ", ") : kj::str("not here");
    auto seen = here                          ? kj::str("now")
                : client.getSeen().size() > 0 ? localTime(client.getSeen(), wallNs())
                                              : kj::str("never");
    table.add(client.getName(), kj::mv(from), kj::mv(seen), count(client.getStreams()),
              count(client.getOpened()), count(client.getRefused()), count(client.getFailed()),
              mebibytes(client.getBytesOut()), mebibytes(client.getBytesIn()), client.getKey());
  }
  return table.text();
}

kj::String strangersText(view::GateNode::Reader node) {
  kj::String last;
  if (node.getLastWrongKey().size() > 0)
    last = kj::str(" (the last: ", node.getLastWrongKey(), " from ", node.getLastWrongFrom(), ", ",
                   localTime(node.getLastWrongTime(), wallNs()), ')');
  return kj::str("Not let in: ", count(node.getWrongKeys()), " with a wrong key", last, ", ",
                 count(node.getBroken()), " that broke off, ", count(node.getTurnedAway()),
                 " when too many were there. Quotes given: ", count(node.getQuotes()), ".\n");
}

}  // namespace

kj::String nodeText(view::GateNode::Reader node) {
  return kj::str("Node ", node.getKey(), ", up for ", span(uint64_t(node.getUptime())),
                 ", listens on ", kj::strArray(node.getListen(), ", "), ", lets out to ",
                 kj::strArray(node.getExit(), ", "), ".\n", clientsText(node), strangersText(node));
}

}  // namespace portreeve::cli
