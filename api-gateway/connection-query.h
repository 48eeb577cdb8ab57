// SPDX-License-Identifier: GPL-3.0-or-later
// Which connections somebody wants to see, in which order, and which piece of them:
// ?limit=100&offset=200&sort=-bytes_in&program=/usr/bin/curl&action=block&open=true&user=alice&text=ex
#pragma once

#include "api-gateway/query-text.h"
#include "proto/policy.capnp.h"

#include <kj/one-of.h>
#include <kj/string.h>

namespace portreeve::gateway {

constexpr uint32_t MAX_LIMIT = 1000;
constexpr uint32_t MOST_LOOKED_AT = 5000;  // connections, the newest: as many as policy tells

struct ConnectionQuery {
  uint32_t limit = MAX_LIMIT;  // 1 to MAX_LIMIT
  uint32_t offset = 0;
  kj::String sort;     // time, program, user, domain, remote, action, bytes_in, bytes_out;
                       // with a "-" the largest first; empty: by time, the newest last
  kj::String program;  // path, or its last component; empty: any
  kj::String action;   // empty: any
  kj::String user, direction, protocol;  // empty: any
  kj::String text;    // somewhere in program, command line, name, address, user or rule
  uint16_t port = 0;  // at either end
  bool openOnly = false;

  struct OfStream {
    kj::String after;      // the id of an event; empty: from now on
    bool present = false;  // somebody is there to answer questions
  };
  static kj::OneOf<ConnectionQuery, Wrong> parse(kj::StringPtr query,
                                                 kj::Maybe<OfStream&> ofStream = nullptr);
  // `query` is what follows "?" in the URL, percent-encoded. A key that is not known is wrong. With
  // `ofStream` there may also be its keys.

  ConnectionQuery copy() const;
  void to(proto::ConnectionFilter::Builder filter) const;
  // Of the piece that policy itself can choose; the rest is `page`'s.
  bool needsAll() const;  // what policy chooses is not yet the answer

  using List = capnp::List<proto::view::Connection>;
  void page(List::Reader all, proto::view::ConnectionPage::Builder to) const;
  // What matches, in order, cut to the piece that was asked for; `total` is all that match.

  bool matchesChange(proto::view::Connection::Reader connection) const;
  // For the live stream: all but openOnly, since an end is to be told as well.

private:
  bool matches(proto::view::Connection::Reader connection) const;
};

}  // namespace portreeve::gateway
