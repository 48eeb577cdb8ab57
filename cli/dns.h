// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve dns`: what the resolver knows and does.
#pragma once

#include <cstdint>
#include <string>

namespace portreeve::cli {

struct DnsOptions {
  std::string name;        // query, cache, flush
  std::string type = "A";  // query
  uint32_t limit = 0;      // cache, log; 0: as many as there are, at most 1000
  bool follow = false;     // log
  bool update = false;     // lists
  bool insist = false;     // lists
  bool json = false;
};

int dnsQuery(const DnsOptions& options);
int dnsCache(const DnsOptions& options);
int dnsFlush(const DnsOptions& options);
int dnsUpstreams(const DnsOptions& options);
int dnsLog(const DnsOptions& options);
int dnsLists(const DnsOptions& options);

}  // namespace portreeve::cli
