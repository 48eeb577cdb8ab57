// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/event-queue.h"

#include "api-gateway/json.h"

namespace portreeve::gateway {
namespace {

kj::String idLine(double id) {
  return kj::str("id: ", uint64_t(id), '\n');
}

}  // namespace

void EventQueue::add(proto::view::Connection::Reader connection) {
  double id = connection.getId();
  auto text = kj::str("event: connection\n", id > newestId ? idLine(id) : kj::str(),
                      "data: ", toJson(connection), "\n\n");
  if (bytes + text.size() > MAX_QUEUED_BYTES) return missed(1);
  newestId = kj::max(newestId, id);
  bytes += text.size();
  events.add(kj::mv(text));
  wake();
}

void EventQueue::missed(uint64_t count) {
  leftOut += count;
  wake();
}

void EventQueue::close() {
  isClosed = true;
  wake();
}

kj::String EventQueue::take() {
  if (leftOut > 0) events.add(kj::str("event: missed\ndata: {\"count\":", leftOut, "}\n\n"));
  leftOut = 0;
  bytes = 0;
  auto text = kj::strArray(events, "");
  events.clear();
  return text;
}

kj::Promise<void> EventQueue::onChange() {
  if (!events.empty() || leftOut > 0 || isClosed) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting = kj::mv(paf.fulfiller);
  return kj::mv(paf.promise);
}

void EventQueue::wake() {
  KJ_IF_MAYBE (fulfiller, waiting) (*fulfiller)->fulfill();
  waiting = nullptr;
}

}  // namespace portreeve::gateway
