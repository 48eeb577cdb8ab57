// SPDX-License-Identifier: GPL-3.0-or-later
// Writes what policy tells of connections into table `connection`.
#pragma once

#include "history/dictionary.h"
#include "history/sqlite.h"
#include "proto/history.capnp.h"

#include <kj/vector.h>

#include <cstdint>

namespace portreeve::history {

class ConnectionRows {
  // For the writer's thread, within a transaction of the caller's.
public:
  ConnectionRows(Database& database, Dictionary& dictionary);
  KJ_DISALLOW_COPY(ConnectionRows);

  void put(int64_t firstId, proto::ConnectionBatch::Reader batch);
  // `firstId`: of that life of policy, to which a flow's own id is added. Throws FAILED where the
  // batch names a program or a text that it does not have.

private:
  struct KnownProgram {
    int64_t id = 0, executable = 0, parents = 0, pid = 0, uid = 0;
  };
  Dictionary& dictionary;
  Statement describe, progress;
  kj::Vector<int64_t> texts;  // of the batch in hand: its list as ids
  kj::Vector<KnownProgram> programs;

  void learn(proto::ConnectionBatch::Reader batch);
  int64_t textAt(uint32_t index) const;
  const KnownProgram& programAt(uint32_t index) const;
  int64_t namesOf(proto::ConnectionBatch::Described::Reader one,
                  capnp::List<capnp::Text>::Reader said);
  void put(int64_t firstId, proto::ConnectionBatch::Described::Reader one,
           capnp::List<capnp::Text>::Reader said);
  void put(int64_t firstId, proto::ConnectionBatch::Progressed::Reader one);
};

}  // namespace portreeve::history
