// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/connection-table.h"

#include "cli/endpoint.h"
#include "cli/local-time.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

kj::String bytesText(double bytes) {
  constexpr kj::StringPtr UNITS[] = {""_kj, "K"_kj, "M"_kj, "G"_kj, "T"_kj};
  size_t unit = 0;
  while (bytes >= 10240 && unit + 1 < kj::size(UNITS)) {
    bytes /= 1024;
    unit++;
  }
  return kj::str(uint64_t(bytes), UNITS[unit]);
}

kj::StringPtr lastComponent(kj::StringPtr path) {
  KJ_IF_MAYBE (slash, path.findLast('/')) return path.slice(*slash + 1);
  return path;
}

kj::String ruleText(view::Judgement::Reader verdict) {
  if (verdict.getWay().size() == 0) return kj::str(verdict.getRule());
  return kj::str(verdict.getRule(), " (by ", verdict.getWay(), ')');
}

}  // namespace

kj::String whoText(view::Program::Reader program) {
  if (program.getPid() == 0)
    return program.getReason().size() > 0 ? kj::str(program.getKind(), ": ", program.getReason())
                                          : kj::str(program.getKind());
  kj::StringPtr name = program.getPath().size() > 0 ? lastComponent(program.getPath())
                                                    : kj::StringPtr(program.getName());
  return kj::str(name, " (", program.getPid(), ')');
}

kj::String remoteText(view::Connection::Reader connection) {
  auto remote = connection.getRemote();
  auto address = endpointText(remote.getAddress(), remote.getPort());
  if (connection.getDomain().size() == 0) return address;
  return kj::str(connection.getDomain(), " (", address, ')');
}

ConnectionTable::ConnectionTable()
    : table{{"ID", true},
            {"TIME", false, 8},
            {"ACTION", false, 5},
            {"DIR", false, 3},
            {"PROTO", false, 5},
            {"PROGRAM", false, 20},
            {"USER", false, 6},
            {"LOCAL", false, 15},
            {"REMOTE", false, 30},
            {"IN", true, 5},
            {"OUT", true, 5},
            {"STATE", false, 5},
            {"RULE"}} {}

void ConnectionTable::add(view::Connection::Reader connection, uint64_t nowWallNs) {
  auto verdict = connection.getVerdict();
  auto local = connection.getLocal();
  table.add(kj::str(uint64_t(connection.getId())), localTime(connection.getTime(), nowWallNs),
            Cell(verdict.getAction(), colourOfAction(verdict.getAction())),
            connection.getDirection(), connection.getProtocol(), whoText(connection.getProcess()),
            connection.getProcess().getUser(), endpointText(local.getAddress(), local.getPort()),
            remoteText(connection), bytesText(connection.getBytesIn()),
            bytesText(connection.getBytesOut()), connection.getState(), ruleText(verdict));
}

kj::String ConnectionTable::takeText() {
  auto text = table.takeText(!headingsShown);
  headingsShown = true;
  return text;
}

}  // namespace portreeve::cli
