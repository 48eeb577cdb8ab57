// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve history`: what was, and forgetting it.
#pragma once

#include "proto/history.capnp.h"

#include <cstdint>
#include <string>

namespace portreeve::cli {

struct HistoryFilterOptions {
  std::string since, until;  // "1h", "7d", or a time (RFC 3339)
  std::string program, user, unit, action, protocol, domain, remote, rule;
  uint16_t port = 0;
  bool in = false, out = false;
};

struct HistoryOptions {
  HistoryFilterOptions filter;
  uint32_t limit = 100;
  std::string by;
  bool queries = false;
  bool questions = false;
  bool gaps = false;
  bool oldestFirst = false;
  bool json = false;
};

struct HistoryPurgeOptions {
  HistoryFilterOptions filter;
  bool everything = false;
};

int history(const HistoryOptions& options);
int historyPurge(const HistoryPurgeOptions& options);

uint64_t parseMoment(const std::string& text, const char* option, uint64_t nowWallNs);
// "30s", "5m", "2h", "7d" before now, or "2026-11-25T12:00:00Z"; ms since the Unix epoch, 0 for an
// empty text. Failure WRONG_USE otherwise.

}  // namespace portreeve::cli
