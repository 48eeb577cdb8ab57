// SPDX-License-Identifier: GPL-3.0-or-later
// What has happened lately, kept once for all followers of the live stream: a bounded list of
// events, each already written as it is sent. A follower is a place in that list (EventCursor), so
// a slow one costs nothing: what it did not fetch before the list forgot it is counted and told.
#pragma once

#include "api-gateway/connection-query.h"
#include "api-gateway/prompt-feed.h"
#include "proto/view.capnp.h"

#include <capnp/message.h>
#include <kj/async.h>
#include <kj/refcount.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <deque>

namespace portreeve::gateway {

constexpr size_t MAX_KEPT_EVENTS = 4096;
constexpr size_t MAX_KEPT_BYTES = 4 << 20;     // as they are sent
constexpr size_t MAX_TAKEN_BYTES = 128 << 10;  // at once, by one follower

class EventLog final : public kj::Refcounted {
public:
  explicit EventLog(kj::String name) : name(kj::mv(name)) {}
  // `name` differs for each log: ids of another one are not taken for places in this one.

  void add(proto::view::Connection::Reader connection);
  void missed(uint64_t count);
  // So many changes never came here, because this process itself was too slow.
  void close();  // nothing more will come

  bool closed() const { return isClosed; }
  kj::Promise<void> onChange(uint64_t from);
  // Resolves at once when there is an event from number `from` on, or it is closed.

private:
  friend class EventCursor;
  struct Event {
    kj::StringPtr type;
    kj::String text;                                  // as text/event-stream has it
    kj::ArrayPtr<const char> data;                    // in it: JSON, on one line
    kj::Own<capnp::MallocMessageBuilder> connection;  // for filters; null: for everybody
  };
  kj::String name;
  std::deque<Event> events;
  uint64_t oldest = 1;  // number of events.front()
  size_t bytes = 0;
  bool isClosed = false;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;

  uint64_t next() const { return oldest + events.size(); }
  void push(kj::StringPtr type, kj::StringPtr data,
            kj::Own<capnp::MallocMessageBuilder> connection);
  void wake();
};

enum class EventForm : uint8_t {
  SERVER_SENT,  // text/event-stream (HTML Living Standard, 9.2)
  JSON,         // an array of {"id", "event", "data"}: one message of a WebSocket
};

class EventCursor {
  // One follower's place.
public:
  EventCursor(kj::Own<EventLog> log, ConnectionQuery filter, EventForm form, kj::StringPtr after);
  // `after` is the id of an event: the follower goes on behind it. With an empty one it starts now;
  // with one that this log does not know as well, and is told that it missed what nobody can count.

  kj::String take(kj::Vector<PromptFeed::Event> own = {});
  // What there is, at most about MAX_TAKEN_BYTES; empty when there is nothing. First of all a
  // "ready" event whose id says where this follower stands. `own` is this follower's alone, told
  // behind it with no id of its own.
  kj::String ended(kj::StringPtr reason) const;
  kj::String alive() const;  // says nothing but that it is still there
  bool atEnd() const;        // nothing more will come

  kj::Promise<void> onChange();

private:
  kj::Own<EventLog> log;
  ConnectionQuery filter;
  EventForm form;
  uint64_t next;
  bool greeted = false;
  bool lost = false;  // `after` was not known

  class Writer;
  bool wants(EventLog::Event& event) const;
};

}  // namespace portreeve::gateway
