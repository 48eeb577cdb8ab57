// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/event-queue.h"

#include "api-gateway/fake-suite.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <string.h>

namespace portreeve::gateway {
namespace {

struct Queued {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::Own<EventQueue> queue = kj::refcounted<EventQueue>();

  void add(double id) {
    capnp::MallocMessageBuilder message;
    auto connection = message.initRoot<proto::view::Connection>();
    describeConnection(connection, id);
    queue->add(connection.asReader());
  }
};

bool contains(kj::StringPtr text, const char* part) {
  return strstr(text.cStr(), part) != nullptr;
}

TEST_CASE("an event is an id, a type and one line of JSON") {
  Queued queued;
  queued.add(17);
  auto text = queued.queue->take();
  CHECK(text.startsWith("event: connection\nid: 17\ndata: {\"id\":17,"));
  CHECK(text.endsWith("}\n\n"));
  CHECK(queued.queue->take().size() == 0);
}

TEST_CASE("the id never goes back when an old connection changes") {
  Queued queued;
  queued.add(17);
  queued.add(3);
  auto text = queued.queue->take();
  CHECK(contains(text, "id: 17\n"));
  CHECK_FALSE(contains(text, "id: 3\n"));
  CHECK(contains(text, "\"id\":3,"));
}

TEST_CASE("a slow follower is told how much it missed, after what it did get") {
  Queued queued;
  constexpr uint ADDED = 2000;
  for (uint i = 1; i <= ADDED; i++) queued.add(i);
  auto text = queued.queue->take();
  CHECK(text.size() < MAX_QUEUED_BYTES + 100);
  uint got = 0;
  for (auto* at = text.cStr(); (at = strstr(at, "event: connection")) != nullptr; at++) got++;
  CHECK(got > 0);
  CHECK(text.endsWith(kj::str("event: missed\ndata: {\"count\":", ADDED - got, "}\n\n")));
  queued.add(ADDED + 1);
  CHECK(queued.queue->take().startsWith("event: connection\nid: 2001\n"));
}

TEST_CASE("who waits is woken by an event, by a miss and by the end") {
  Queued queued;
  auto first = queued.queue->onChange();
  CHECK_FALSE(first.poll(queued.scope));
  queued.add(1);
  CHECK(first.poll(queued.scope));
  queued.queue->take();

  auto second = queued.queue->onChange();
  queued.queue->missed(3);
  CHECK(second.poll(queued.scope));
  CHECK(queued.queue->take() == "event: missed\ndata: {\"count\":3}\n\n");

  auto third = queued.queue->onChange();
  CHECK_FALSE(third.poll(queued.scope));
  queued.queue->close();
  CHECK(third.poll(queued.scope));
}

}  // namespace
}  // namespace portreeve::gateway
