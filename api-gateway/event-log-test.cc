// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/event-log.h"

#include "api-gateway/fake-suite.h"

#include <doctest/doctest.h>
#include <string.h>

namespace portreeve::gateway {
namespace {

bool contains(kj::StringPtr text, const char* part) {
  return strstr(text.cStr(), part) != nullptr;
}

struct Logged {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::Own<EventLog> log = kj::refcounted<EventLog>(kj::str("a1"));

  void add(double id, kj::StringPtr path = "/usr/bin/curl") {
    capnp::MallocMessageBuilder message;
    auto connection = message.initRoot<proto::view::Connection>();
    describeConnection(connection, id);
    connection.getProcess().setPath(path);
    log->add(connection.asReader());
  }
  EventCursor cursor(kj::StringPtr after = "", kj::StringPtr query = "",
                     EventForm form = EventForm::SERVER_SENT) {
    auto parsed = ConnectionQuery::parse(query);
    return EventCursor(kj::addRef(*log), kj::mv(parsed.get<ConnectionQuery>()), form, after);
  }
};

TEST_CASE("a follower is greeted with the id of its place, then gets each event with its own") {
  Logged logged;
  logged.add(7);
  auto cursor = logged.cursor();
  CHECK(cursor.take() == "id: a1-1\nevent: ready\ndata: {}\n\n");
  CHECK(cursor.take().size() == 0);
  logged.add(17);
  auto text = cursor.take();
  CHECK(text.startsWith("id: a1-2\nevent: connection\ndata: {\"id\":17,"));
  CHECK(text.endsWith("}\n\n"));
  CHECK(cursor.take().size() == 0);
}

TEST_CASE("as JSON the events of one moment are an array") {
  Logged logged;
  auto cursor = logged.cursor("", "", EventForm::JSON);
  logged.add(1);
  logged.add(2);
  auto text = cursor.take();
  CHECK(
      text.startsWith("[{\"id\":\"a1-0\",\"event\":\"ready\",\"data\":{}},\n"
                      "{\"id\":\"a1-1\",\"event\":\"connection\",\"data\":{\"id\":1,"));
  CHECK(text.endsWith("}}]"));
  CHECK(contains(text, "},\n{\"id\":\"a1-2\""));
}

TEST_CASE("whoever comes back with the id of an event goes on behind it") {
  Logged logged;
  for (uint id = 1; id <= 3; id++) logged.add(id);
  auto cursor = logged.cursor("a1-2");
  auto text = cursor.take();
  CHECK(text.startsWith("id: a1-2\nevent: ready\ndata: {}\n\nid: a1-3\n"));
  CHECK_FALSE(contains(text, "missed"));
}

TEST_CASE("an id of another stream, or of none, is told as a gap that nobody can count") {
  Logged logged;
  logged.add(1);
  for (auto after : {"b2-1", "a1-77", "a1-", "17", "a1-1x"}) {
    auto cursor = logged.cursor(after);
    auto text = cursor.take();
    CHECK_MESSAGE(contains(text, "event: ready\ndata: {\"resumed\":false}"), after);
    CHECK_MESSAGE(contains(text, "event: missed\ndata: {\"count\":-1}"), after);
  }
}

TEST_CASE("a follower that is too slow is told how much it missed, and the log stays small") {
  Logged logged;
  auto slow = logged.cursor();
  slow.take();
  for (uint id = 1; id <= MAX_KEPT_EVENTS + 10; id++) logged.add(id);
  auto text = slow.take();
  CHECK(text.startsWith("id: a1-10\nevent: missed\ndata: {\"count\":10}\n\nid: a1-11\n"));
  CHECK(text.size() < MAX_TAKEN_BYTES + 4096);
  size_t taken = 1;
  while (slow.take().size() > 0) taken++;
  CHECK(taken > 1);
}

TEST_CASE("a follower gets what its filter lets through, and what everybody has missed") {
  Logged logged;
  auto cursor = logged.cursor("", "program=wget");
  cursor.take();
  logged.add(1);
  logged.add(2, "/usr/bin/wget");
  logged.log->missed(5);
  auto text = cursor.take();
  CHECK(text.startsWith("id: a1-2\nevent: connection\n"));
  CHECK(contains(text, "id: a1-3\nevent: missed\ndata: {\"count\":5}\n\n"));
}

TEST_CASE("followers wait until there is something, or the log is closed") {
  Logged logged;
  auto one = logged.cursor(), other = logged.cursor();
  one.take();
  other.take();
  auto first = one.onChange(), second = other.onChange();
  CHECK_FALSE(first.poll(logged.scope));
  logged.add(1);
  CHECK(first.poll(logged.scope));
  CHECK(second.poll(logged.scope));
  CHECK_FALSE(one.atEnd());
  logged.log->close();
  CHECK_FALSE(one.atEnd());  // it has not had the last one
  one.take();
  CHECK(one.atEnd());
  CHECK(one.onChange().poll(logged.scope));
}

}  // namespace
}  // namespace portreeve::gateway
