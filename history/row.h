// SPDX-License-Identifier: GPL-3.0-or-later
// One row of table `connection`: in which order its columns are written and read.
#pragma once

#include <kj/string.h>

#include <cstdint>

namespace portreeve::history {

constexpr int64_t FLAG_LOOPBACK = 1;
constexpr int64_t FLAG_ESTABLISHED_BEFORE = 2;

constexpr kj::StringPtr COLUMNS =
    "id, started, ended, direction, protocol, local, local_port, remote, remote_port, executable, "
    "program, pid, uid, parents, method, confidence, domain, named_by, names, action, mark, rule, "
    "reason, bytes_in, bytes_out, interface, flags, icmp, peer, peer_parents"_kj;

enum Column : int {
  ID,
  STARTED,
  ENDED,
  DIRECTION,
  PROTOCOL,
  LOCAL,
  LOCAL_PORT,
  REMOTE,
  REMOTE_PORT,
  EXECUTABLE,
  PROGRAM,
  PID,
  UID,
  PARENTS,
  METHOD,
  CONFIDENCE,
  DOMAIN,
  NAMED_BY,
  NAMES,
  ACTION,
  MARK,
  RULE,
  REASON,
  BYTES_IN,
  BYTES_OUT,
  INTERFACE,
  FLAGS,
  ICMP,
  PEER,
  PEER_PARENTS
};

constexpr kj::StringPtr PUT_CONNECTION =
    "INSERT OR REPLACE INTO connection(id, started, ended, direction, protocol, local, local_port, "
    "remote, remote_port, executable, program, pid, uid, parents, method, confidence, domain, "
    "named_by, names, action, mark, rule, reason, bytes_in, bytes_out, interface, flags, icmp, "
    "peer, peer_parents) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"_kj;

constexpr kj::StringPtr PROGRESS_CONNECTION =
    "UPDATE connection SET ended = ?, bytes_in = ?, bytes_out = ? WHERE id = ?"_kj;

}  // namespace portreeve::history
