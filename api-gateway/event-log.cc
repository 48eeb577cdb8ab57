// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/event-log.h"

#include "api-gateway/json.h"

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr auto CONNECTION = "connection"_kj;
constexpr auto MISSED = "missed"_kj;
constexpr int64_t UNKNOWN = -1;

kj::String count(int64_t number) {
  return kj::str("{\"count\":", number, "}");
}

kj::Maybe<uint64_t> numberIn(kj::StringPtr id, kj::StringPtr name) {
  KJ_IF_MAYBE (dash, id.findFirst('-')) {
    if (id.slice(0, *dash) == name.asArray()) return parseDigits(id.slice(*dash + 1));
  }
  return nullptr;
}

}  // namespace

// The log --------------------------------------------------------------------

void EventLog::add(view::Connection::Reader connection) {
  auto copy = kj::heap<capnp::MallocMessageBuilder>(unsigned(connection.totalSize().wordCount + 8));
  copy->setRoot(connection);
  push(Event{CONNECTION, toJson(connection), kj::mv(copy)});
}

void EventLog::missed(uint64_t number) {
  push(Event{MISSED, count(int64_t(number)), {}});
}

void EventLog::push(Event event) {
  bytes += event.data.size();
  events.push_back(kj::mv(event));
  while (events.size() > MAX_KEPT_EVENTS || (bytes > MAX_KEPT_BYTES && events.size() > 1)) {
    bytes -= events.front().data.size();
    events.pop_front();
    oldest++;
  }
  wake();
}

void EventLog::close() {
  isClosed = true;
  wake();
}

kj::Promise<void> EventLog::onChange(uint64_t from) {
  if (from < next() || isClosed) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

void EventLog::wake() {
  auto all = kj::mv(waiting);
  waiting = {};
  for (auto& fulfiller : all) fulfiller->fulfill();
}

// One follower ---------------------------------------------------------------

class EventCursor::Writer {
  // Puts events together to what is sent at once.
public:
  Writer(EventForm form, kj::StringPtr name) : form(form), name(name) {}

  void add(uint64_t number, kj::StringPtr type, kj::StringPtr data) {
    if (form == EventForm::SERVER_SENT)
      addText("id: ", number, "\nevent: ", type, "\ndata: ", data, "\n\n");
    else
      addText(pieces.empty() ? "[{\"id\":\"" : ",\n{\"id\":\"", number, "\",\"event\":\"", type,
              "\",\"data\":", data, "}");
  }

  size_t size() const { return bytes; }

  kj::String finish() {
    if (pieces.empty()) return kj::String();
    if (form == EventForm::JSON) pieces.add(kj::str("]"));
    return kj::strArray(pieces, "");
  }

private:
  EventForm form;
  kj::StringPtr name;
  kj::Vector<kj::String> pieces;
  size_t bytes = 0;

  template <typename... Rest>
  void addText(kj::StringPtr start, uint64_t number, Rest&&... rest) {
    pieces.add(kj::str(start, name, '-', number, kj::fwd<Rest>(rest)...));
    bytes += pieces.back().size();
  }
};

EventCursor::EventCursor(kj::Own<EventLog> theLog, ConnectionQuery filter, EventForm form,
                         kj::StringPtr after)
    : log(kj::mv(theLog)), filter(kj::mv(filter)), form(form), next(log->next()) {
  if (after.size() == 0) return;
  KJ_IF_MAYBE (number, numberIn(after, log->name)) {
    if (*number < log->next()) {
      next = *number + 1;
      return;
    }
  }
  lost = true;
}

bool EventCursor::wants(EventLog::Event& event) const {
  if (event.connection.get() == nullptr) return true;
  return filter.matchesChange(event.connection->getRoot<view::Connection>().asReader());
}

kj::String EventCursor::take(kj::Vector<PromptFeed::Event> own) {
  Writer writer(form, log->name);
  if (!greeted) writer.add(next - 1, "ready"_kj, lost ? "{\"resumed\":false}"_kj : "{}"_kj);
  greeted = true;
  if (lost) writer.add(next - 1, MISSED, count(UNKNOWN));
  lost = false;
  if (next < log->oldest) {
    writer.add(log->oldest - 1, MISSED, count(int64_t(log->oldest - next)));
    next = log->oldest;
  }
  for (auto& event : own) writer.add(next - 1, event.type, event.data);
  for (; next < log->next() && writer.size() < MAX_TAKEN_BYTES; next++) {
    auto& event = log->events[next - log->oldest];
    if (wants(event)) writer.add(next, event.type, event.data);
  }
  return writer.finish();
}

kj::String EventCursor::ended(kj::StringPtr reason) const {
  Writer writer(form, log->name);
  writer.add(next - 1, "ended"_kj, kj::str("{\"reason\":", quoted(reason), "}"));
  return writer.finish();
}

kj::String EventCursor::alive() const {
  return kj::str(form == EventForm::SERVER_SENT ? ": still here\n\n" : "[]");
}

bool EventCursor::atEnd() const {
  return log->closed() && next >= log->next();
}

kj::Promise<void> EventCursor::onChange() {
  if (!greeted) return kj::READY_NOW;
  return log->onChange(next);
}

}  // namespace portreeve::gateway
