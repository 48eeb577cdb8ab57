// SPDX-License-Identifier: GPL-3.0-or-later
// One message to the historian about connections (proto/history.capnp, ConnectionBatch): what
// several of them share is said once.
#pragma once

#include "common/accounts.h"
#include "policy/flow.h"
#include "proto/history.capnp.h"

#include <kj/vector.h>

#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace portreeve::policy {

class RecordedBatch {
  // Borrows from the flows, which must stay as they are until it is filled in.
public:
  void describe(const Flow& flow);  // all of it
  void progress(const Flow& flow);  // bytes and end alone: the historian has the rest
  void fill(proto::ConnectionBatch::Builder to, const UserNames& users);

  bool empty() const { return described.empty() && progressed.empty(); }
  size_t roughBytes() const { return bytes; }  // how long the message will be, about

private:
  kj::Vector<const Flow*> described, progressed;
  kj::Vector<const Party*> programs;
  kj::Vector<kj::StringPtr> texts;
  std::unordered_map<const Program*, uint32_t> programPlaces;
  std::unordered_map<std::string_view, uint32_t> textPlaces;
  size_t bytes = 0;

  uint32_t placeOf(const Party& party);
  uint32_t placeOf(kj::StringPtr text);
  void fill(proto::ConnectionBatch::Described::Builder to, const Flow& flow);
};

}  // namespace portreeve::policy
