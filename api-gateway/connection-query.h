// SPDX-License-Identifier: GPL-3.0-or-later
// Which connections somebody wants to see: ?limit=100&program=/usr/bin/curl&action=block&open=true
#pragma once

#include "proto/policy.capnp.h"

#include <kj/one-of.h>
#include <kj/string.h>

namespace portreeve::gateway {

constexpr uint32_t MAX_LIMIT = 1000;

struct ConnectionQuery {
  uint64_t afterId = 0;
  uint32_t limit = MAX_LIMIT;  // 1 to MAX_LIMIT
  kj::String program;          // path, or its last component; empty: any
  kj::String action;           // empty: any
  bool openOnly = false;

  struct Wrong {
    kj::String reason;  // a sentence for who asked
  };
  static kj::OneOf<ConnectionQuery, Wrong> parse(kj::StringPtr query);
  // `query` is what follows "?" in the URL, percent-encoded. A key that is not known is wrong.

  void to(proto::ConnectionFilter::Builder filter) const;
};

kj::Maybe<uint64_t> parseEventId(kj::StringPtr text);
// A Last-Event-ID: decimal, at most 15 digits (view::Connection.id is a Float64).

}  // namespace portreeve::gateway
