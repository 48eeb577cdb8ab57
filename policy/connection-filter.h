// SPDX-License-Identifier: GPL-3.0-or-later
// Which connections somebody wants to see (proto/policy.capnp, ConnectionFilter).
#pragma once

#include "policy/flow.h"
#include "proto/policy.capnp.h"

#include <kj/string.h>

namespace portreeve::policy {

class ConnectionFilter {
public:
  static constexpr uint32_t USUAL_LIMIT = 1000;
  static constexpr uint32_t LARGEST_LIMIT = 5000;

  explicit ConnectionFilter(proto::ConnectionFilter::Reader filter);

  bool matches(const Flow& flow) const;
  bool matchesChange(const Flow& flow) const;
  // For whoever has seen it: program and action alone, so that the end of an older one is told too.
  uint64_t afterId() const { return after; }
  uint32_t limit() const { return most; }

private:
  uint64_t after;
  uint32_t most;
  kj::String program;
  kj::String action;
  bool openOnly;
};

}  // namespace portreeve::policy
