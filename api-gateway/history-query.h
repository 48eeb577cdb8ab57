// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody wants to know of the past: ?since=1h&program=curl&action=block&limit=100&cursor=…
#pragma once

#include "api-gateway/query-text.h"
#include "proto/history.capnp.h"

#include <kj/one-of.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::gateway {

struct HistoryQuery {
  kj::Vector<QueryPair> pairs;
  kj::String by;  // of a summary

  static kj::OneOf<HistoryQuery, Wrong> parse(kj::StringPtr query, uint64_t nowWallNs);
  // Times and numbers are checked here, the rest by the historian. A key that is not known is
  // wrong.

  void to(proto::HistoryFilter::Builder filter) const;

private:
  uint64_t now = 0;
};

kj::Maybe<uint64_t> parseMoment(kj::StringPtr text, uint64_t nowWallNs);
// "30s", "5m", "2h", "7d" before now, or RFC 3339 in UTC; ms since the Unix epoch.

}  // namespace portreeve::gateway
