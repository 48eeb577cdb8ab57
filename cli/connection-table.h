// SPDX-License-Identifier: GPL-3.0-or-later
// Connections as lines for people.
#pragma once

#include "cli/table.h"
#include "proto/view.capnp.h"

#include <cstdint>

namespace portreeve::cli {

class ConnectionTable {
public:
  ConnectionTable();

  void add(proto::view::Connection::Reader connection, uint64_t nowWallNs);
  kj::String text() const { return table.text(); }
  kj::String takeText();  // what was added since; with headings the first time

private:
  Table table;
  bool headingsShown = false;
};

kj::String whoText(proto::view::Program::Reader program);
// "curl (4711)", "kernel", "unknown: the socket was gone"

kj::String remoteText(proto::view::Connection::Reader connection);
// "example.org (192.0.2.1:443)", "192.0.2.1:443"

}  // namespace portreeve::cli
