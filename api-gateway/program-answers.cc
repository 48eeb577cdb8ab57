// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/program-answers.h"

#include "common/marks.h"

#include <kj/vector.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

struct Sum {
  kj::StringPtr path;
  double connections = 0, refused = 0, open = 0, bytesIn = 0, bytesOut = 0;
  kj::StringPtr first = ""_kj, last = ""_kj;
  bool past = false;  // counted by the historian already, but for what is open
};

using Sums = std::map<std::string_view, Sum>;

Sum& sumOf(Sums& sums, kj::StringPtr path) {
  auto& sum = sums[std::string_view(path.begin(), path.size())];
  sum.path = path;
  return sum;
}

void addPast(Sums& sums, view::HistoryGroup::Reader group) {
  auto& sum = sumOf(sums, group.getKey());
  sum.past = true;
  sum.connections = group.getConnections();
  sum.refused = group.getRefused();
  sum.bytesIn = group.getBytesIn();
  sum.bytesOut = group.getBytesOut();
  sum.first = group.getFirst();
  sum.last = group.getLast();
}

void addPresent(Sums& sums, view::Connection::Reader connection) {
  auto& sum = sumOf(sums, connection.getProcess().getPath());
  if (connection.getState() == "open") sum.open++;
  if (sum.past) return;
  sum.connections++;
  if (isRefusal(connection.getVerdict().getAction())) sum.refused++;
  sum.bytesIn += connection.getBytesIn();
  sum.bytesOut += connection.getBytesOut();
  // RFC 3339 in UTC: the text's order is the time's.
  kj::StringPtr time = connection.getTime();
  if (sum.first.size() == 0 || time < sum.first) sum.first = time;
  if (sum.last < time) sum.last = time;
}

Sums sumUp(Groups past, Connections present) {
  Sums sums;
  for (auto group : past) addPast(sums, group);
  for (auto connection : present) addPresent(sums, connection);
  return sums;
}

void fill(view::ProgramSummary::Builder summary, const Sum& sum) {
  summary.setPath(sum.path);
  KJ_IF_MAYBE (slash, sum.path.findLast('/'))
    summary.setName(sum.path.slice(*slash + 1));
  else
    summary.setName(sum.path);
  summary.setConnections(sum.connections);
  summary.setRefused(sum.refused);
  summary.setOpen(sum.open);
  summary.setBytesIn(sum.bytesIn);
  summary.setBytesOut(sum.bytesOut);
  summary.setFirst(sum.first);
  summary.setLast(sum.last);
}

}  // namespace

void fillPrograms(view::ProgramPage::Builder page, Groups past, Connections present,
                  uint32_t limit) {
  auto sums = sumUp(past, present);
  kj::Vector<const Sum*> sorted;
  for (auto& entry : sums) sorted.add(&entry.second);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](auto* a, auto* b) { return a->connections > b->connections; });
  auto list = page.initPrograms(kj::min(uint32_t(sorted.size()), limit));
  for (uint i = 0; i < list.size(); i++) fill(list[i], *sorted[i]);
}

void fillSummary(view::ProgramSummary::Builder summary, kj::StringPtr path, Groups past,
                 Connections present) {
  Sums sums;
  sumOf(sums, path);
  for (auto group : past)
    if (group.getKey() == path) addPast(sums, group);
  for (auto connection : present)
    if (connection.getProcess().getPath() == path) addPresent(sums, connection);
  fill(summary, sumOf(sums, path));
}

kj::Maybe<view::Connection::Reader> newestOf(kj::StringPtr path, Connections present) {
  kj::Maybe<view::Connection::Reader> newest;
  for (auto connection : present)
    if (connection.getProcess().getPath() == path) newest = connection;
  return newest;
}

}  // namespace portreeve::gateway
