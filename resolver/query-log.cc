// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/query-log.h"

#include <algorithm>

namespace portreeve::resolver {

LoggedQuery& QueryLog::next() {
  auto& line = lines[written++ % lines.size()];
  line.number = written;
  line.wallNs = 0;
  line.tookUs = 0;
  line.asker = nullptr;
  line.name.clear();
  line.cache = CacheState::MISS;
  line.refused = false;
  line.why.clear();
  line.server.clear();
  line.addresses.clear();
  return line;
}

void QueryLog::forEach(uint64_t after, size_t limit,
                       kj::FunctionParam<void(const LoggedQuery&)> look) const {
  uint64_t first = written > lines.size() ? written - lines.size() : 0;
  first = std::max(first, std::min(after, written));
  if (written - first > limit) first = written - limit;
  for (uint64_t at = first; at < written; at++) look(lines[at % lines.size()]);
}

}  // namespace portreeve::resolver
