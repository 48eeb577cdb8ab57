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

constexpr auto SERVER_SENT_END = "\n\n"_kj;

kj::String serverSent(kj::StringPtr log, uint64_t number, kj::StringPtr type, kj::StringPtr data) {
  return kj::str("id: ", log, '-', number, "\nevent: ", type, "\ndata: ", data, SERVER_SENT_END);
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
  push(CONNECTION, toJson(connection), kj::mv(copy));
}

void EventLog::missed(uint64_t number) {
  push(MISSED, count(int64_t(number)), {});
}

void EventLog::push(kj::StringPtr type, kj::StringPtr data,
                    kj::Own<capnp::MallocMessageBuilder> connection) {
  Event event{type, serverSent(name, next(), type, data), nullptr, kj::mv(connection)};
  event.data = event.text.slice(event.text.size() - SERVER_SENT_END.size() - data.size(),
                                event.text.size() - SERVER_SENT_END.size());
  bytes += event.text.size();
  events.push_back(kj::mv(event));
  while (events.size() > MAX_KEPT_EVENTS || (bytes > MAX_KEPT_BYTES && events.size() > 1)) {
    bytes -= events.front().text.size();
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

  void add(const EventLog::Event& event, uint64_t number) {
    if (form == EventForm::SERVER_SENT)
      text.addAll(event.text);
    else
      addJson(number, event.type, event.data);
  }

  void add(uint64_t number, kj::StringPtr type, kj::StringPtr data) {
    if (form == EventForm::SERVER_SENT)
      text.addAll(serverSent(name, number, type, data));
    else
      addJson(number, type, data);
  }

  size_t size() const { return text.size(); }

  kj::String finish() {
    if (text.empty()) return kj::String();
    if (form == EventForm::JSON) text.add(']');
    text.add('\0');
    return kj::String(text.releaseAsArray());
  }

private:
  EventForm form;
  kj::StringPtr name;
  kj::Vector<char> text;

  void addJson(uint64_t number, kj::StringPtr type, kj::ArrayPtr<const char> data) {
    text.addAll(text.empty() ? "["_kj : ",\n"_kj);
    text.addAll(kj::str("{\"id\":\"", name, '-', number, "\",\"event\":\"", type, "\",\"data\":"));
    text.addAll(data);
    text.add('}');
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
    if (wants(event)) writer.add(event, next);
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
