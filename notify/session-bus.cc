// SPDX-License-Identifier: GPL-3.0-or-later
#include "notify/session-bus.h"

#include "common/log.h"

#include <kj/debug.h>
#include <poll.h>
#include <string.h>
#include <time.h>

namespace portreeve::notify {
namespace {

constexpr const char* NAME = "org.freedesktop.Notifications";
constexpr const char* PATH = "/org/freedesktop/Notifications";
constexpr uint64_t PATIENCE_US = 5'000'000;
constexpr uint8_t CRITICAL = 2;  // stays till it is closed, also over a full screen

struct MessageUnref {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, MessageUnref>;

[[noreturn]] void fail(kj::StringPtr doing, int result,
                       kj::Exception::Type type = kj::Exception::Type::FAILED) {
  kj::throwFatalException(
      kj::Exception(type, __FILE__, __LINE__, kj::str(doing, ": ", strerror(-result))));
}

void require(int result, kj::StringPtr doing) {
  if (result < 0) fail(doing, result);
}

SessionBus::Listener& listenerOf(void* data) {
  return *static_cast<SessionBus::Listener*>(data);
}

int onAction(sd_bus_message* message, void* data, sd_bus_error*) {
  uint32_t id;
  const char* key;
  if (sd_bus_message_read(message, "us", &id, &key) >= 0) listenerOf(data).pressed(id, key);
  return 0;
}

int onClosed(sd_bus_message* message, void* data, sd_bus_error*) {
  uint32_t id, reason;
  if (sd_bus_message_read(message, "uu", &id, &reason) >= 0) listenerOf(data).closed(id);
  return 0;
}

int onScreenSaver(sd_bus_message* message, void* data, sd_bus_error*) {
  int active;
  if (sd_bus_message_read(message, "b", &active) >= 0) listenerOf(data).locked(active != 0);
  return 0;
}

int onOwner(sd_bus_message* message, void* data, sd_bus_error*) {
  const char *name, *before, *after;
  if (sd_bus_message_read(message, "sss", &name, &before, &after) >= 0 && after[0] != 0)
    listenerOf(data).daemonCame();
  return 0;
}

void append(sd_bus_message* message, const Notification& notification, uint32_t replaces) {
  require(sd_bus_message_append(message, "susss", "portreeve", replaces, "security-high",
                                notification.summary.cStr(), notification.body.cStr()),
          "a notification");
  require(sd_bus_message_open_container(message, 'a', "s"), "a notification");
  for (auto& button : notification.buttons)
    require(sd_bus_message_append(message, "ss", button.key.cStr(), button.label.cStr()),
            "a notification");
  require(sd_bus_message_close_container(message), "a notification");
  require(sd_bus_message_append(message, "a{sv}i", 2, "urgency", "y", CRITICAL, "category", "s",
                                "network", notification.timeoutMs),
          "a notification");
}

}  // namespace

SessionBus SessionBus::open() {
  sd_bus* opened = nullptr;
  int result = sd_bus_open_user(&opened);
  if (result < 0)
    fail("connecting to the session bus ($DBUS_SESSION_BUS_ADDRESS, $XDG_RUNTIME_DIR/bus)", result);
  return SessionBus(opened);
}

void SessionBus::listen(Listener& listener) {
  auto match = [&](const char* interface, const char* member, sd_bus_message_handler_t handler) {
    require(sd_bus_match_signal(bus.get(), nullptr, nullptr, nullptr, interface, member, handler,
                                &listener),
            "listening on the session bus");
  };
  match(NAME, "ActionInvoked", onAction);
  match(NAME, "NotificationClosed", onClosed);
  match("org.freedesktop.ScreenSaver", "ActiveChanged", onScreenSaver);
  match("org.gnome.ScreenSaver", "ActiveChanged", onScreenSaver);
  require(sd_bus_add_match(bus.get(), nullptr,
                           "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop."
                           "DBus',member='NameOwnerChanged',arg0='org.freedesktop.Notifications'",
                           onOwner, &listener),
          "listening on the session bus");
}

Capabilities SessionBus::capabilities() {
  Capabilities found{false, false};
  sd_bus_message *call = nullptr, *answer = nullptr;
  require(sd_bus_message_new_method_call(bus.get(), &call, NAME, PATH, NAME, "GetCapabilities"),
          "asking the notification daemon");
  Message ownCall(call);
  if (sd_bus_call(bus.get(), call, PATIENCE_US, nullptr, &answer) < 0) return found;
  Message own(answer);
  const char* word;
  if (sd_bus_message_enter_container(answer, 'a', "s") < 0) return found;
  while (sd_bus_message_read(answer, "s", &word) > 0) {
    found.actions = found.actions || strcmp(word, "actions") == 0;
    found.markup = found.markup || strcmp(word, "body-markup") == 0;
  }
  return found;
}

kj::Promise<void> SessionBus::serve(kj::UnixEventPort& port, kj::Timer& timer) {
  int result;
  do result = sd_bus_process(bus.get(), nullptr);
  while (result > 0);
  if (result < 0) fail("the session bus", result, kj::Exception::Type::DISCONNECTED);
  auto observer = kj::heap<kj::UnixEventPort::FdObserver>(
      port, sd_bus_get_fd(bus.get()), kj::UnixEventPort::FdObserver::OBSERVE_READ_WRITE);
  auto ready = observer->whenBecomesReadable();
  if (sd_bus_get_events(bus.get()) & POLLOUT)
    ready = ready.exclusiveJoin(observer->whenBecomesWritable());
  // Something may have come between the last look and the observer: look again soon in any case.
  return ready.attach(kj::mv(observer))
      .exclusiveJoin(timer.afterDelay(1 * kj::SECONDS))
      .then([this, &port, &timer]() { return serve(port, timer); });
}

uint32_t SessionBus::show(uint32_t replaces, const Notification& notification) {
  sd_bus_message *call = nullptr, *answer = nullptr;
  require(sd_bus_message_new_method_call(bus.get(), &call, NAME, PATH, NAME, "Notify"),
          "a notification");
  Message ownCall(call);
  append(call, notification, replaces);
  sd_bus_error error = SD_BUS_ERROR_NULL;
  int result = sd_bus_call(bus.get(), call, PATIENCE_US, &error, &answer);
  Message own(answer);
  uint32_t id = 0;
  if (result >= 0) {
    sd_bus_message_read(answer, "u", &id);
  } else if (!saidMissing) {
    log::warning(kj::str("no notification daemon takes questions: ",
                         error.message == nullptr ? strerror(-result) : error.message,
                         "; `portreeve ask` shows them"));
  }
  saidMissing = result < 0;
  sd_bus_error_free(&error);
  return id;
}

void SessionBus::close(uint32_t notification) {
  // Nobody waits for an answer: it may be closed already.
  sd_bus_call_method_async(bus.get(), nullptr, NAME, PATH, NAME, "CloseNotification", nullptr,
                           nullptr, "u", notification);
}

}  // namespace portreeve::notify
