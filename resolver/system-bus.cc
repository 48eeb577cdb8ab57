// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/system-bus.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <poll.h>
#include <string.h>

namespace portreeve::resolver {
namespace {

constexpr auto LONGEST_DELAY = 15 * kj::SECONDS;

kj::Exception failure(kj::Exception::Type type, kj::StringPtr doing, kj::StringPtr why) {
  return kj::Exception(type, __FILE__, __LINE__, kj::str("D-Bus: ", doing, ": ", why));
}

void check(int result, kj::StringPtr doing) {
  if (result < 0)
    kj::throwFatalException(
        failure(kj::Exception::Type::DISCONNECTED, doing, kj::StringPtr(strerror(-result))));
}

}  // namespace

class SystemBus::Link {
  // One connection to the bus.
public:
  explicit Link(SystemBus& owner)
      : bus(open()),
        // Its own descriptor sd-bus closes by itself when the connection breaks.
        fd(duplicate(sd_bus_get_fd(bus))),
        observer(owner.port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ_WRITE) {
    for (auto& watch : owner.watches)
      check(sd_bus_add_match_async(bus, nullptr, watch->match.cStr(), &happened, nullptr,
                                   watch.get()),
            "watching");
  }
  ~Link() {
    sd_bus_close(bus);
    sd_bus_unref(bus);
  }

  kj::Promise<void> run() {
    for (;;) {
      int did = sd_bus_process(bus, nullptr);
      check(did, "the connection");
      if (did == 0) break;
    }
    auto kick = kj::newPromiseAndFulfiller<void>();
    kicked = kj::mv(kick.fulfiller);
    auto wait = observer.whenBecomesReadable().exclusiveJoin(kj::mv(kick.promise));
    if ((sd_bus_get_events(bus) & POLLOUT) != 0)
      wait = wait.exclusiveJoin(observer.whenBecomesWritable());
    return wait.then([this]() { return run(); });
  }

  kj::Promise<BusMessage> send(BusMessage message) {
    auto paf = kj::newPromiseAndFulfiller<BusMessage>();
    auto waiting = kj::heap<Waiting>();
    waiting->fulfiller = kj::mv(paf.fulfiller);
    check(sd_bus_call_async(bus, &waiting->slot, message, &answered, waiting.get(), 0), "asking");
    KJ_IF_MAYBE (wake, kicked) (*wake)->fulfill();
    return paf.promise.attach(kj::mv(waiting));
  }

  sd_bus* handle() { return bus; }

private:
  struct Waiting {
    sd_bus_slot* slot = nullptr;
    kj::Own<kj::PromiseFulfiller<BusMessage>> fulfiller;
    ~Waiting() { sd_bus_slot_unref(slot); }
  };

  sd_bus* bus;
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> kicked;

  static int duplicate(int descriptor) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    check(copy < 0 ? -errno : 0, "its descriptor");
    return copy;
  }

  static sd_bus* open() {
    sd_bus* opened = nullptr;
    check(sd_bus_open_system_with_description(&opened, "portreeve-resolver"), "connecting");
    return opened;
  }

  static int happened(sd_bus_message*, void* data, sd_bus_error*) {
    static_cast<Watch*>(data)->happened();
    return 0;
  }

  static int answered(sd_bus_message* message, void* data, sd_bus_error*) {
    auto& waiting = *static_cast<Waiting*>(data);
    auto* error = sd_bus_message_get_error(message);
    if (error == nullptr) {
      waiting.fulfiller->fulfill(BusMessage(sd_bus_message_ref(message)));
      return 0;
    }
    bool nobody = sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) != 0 ||
                  sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) != 0;
    auto type = nobody ? kj::Exception::Type::DISCONNECTED : kj::Exception::Type::FAILED;
    waiting.fulfiller->reject(
        failure(type, error->name, error->message == nullptr ? "" : error->message));
    return 0;
  }
};

SystemBus::SystemBus(kj::UnixEventPort& port, kj::Timer& timer) : port(port), timer(timer) {}

SystemBus::~SystemBus() noexcept(false) {}

void SystemBus::watch(kj::String match, kj::Function<void()> happened) {
  watches.add(kj::heap<Watch>(Watch{kj::mv(match), kj::mv(happened)}));
}

kj::Promise<void> SystemBus::serve(kj::Function<void()> changed) {
  auto kept = kj::heap(kj::mv(changed));
  auto running = cycle(*kept);
  return running.attach(kj::mv(kept));
}

kj::Promise<void> SystemBus::cycle(kj::Function<void()>& changed) {
  return kj::evalNow([&]() {
           auto made = kj::heap<Link>(*this);
           auto running = made->run();
           link = kj::mv(made);
           delay = 1 * kj::SECONDS;
           changed();
           return running;
         })
      .catch_([this, &changed](kj::Exception&& e) {
        log::debug(e.getDescription());
        bool was = link != nullptr;
        link = nullptr;
        if (was) changed();
        auto wait = delay;
        delay = kj::min(delay * 2, kj::Duration(LONGEST_DELAY));
        return timer.afterDelay(wait);
      })
      .then([this, &changed]() { return cycle(changed); });
}

BusMessage SystemBus::compose(const BusCall& what) {
  KJ_IF_MAYBE (open, link) {
    sd_bus_message* message = nullptr;
    check(
        sd_bus_message_new_method_call((*open)->handle(), &message, what.service.cStr(),
                                       what.path.cStr(), what.interface.cStr(), what.method.cStr()),
        "asking");
    BusMessage own(message);
    check(sd_bus_message_set_auto_start(message, 0), "asking");
    return own;
  }
  kj::throwFatalException(
      failure(kj::Exception::Type::DISCONNECTED, what.service, "there is no bus"));
}

kj::Promise<BusMessage> SystemBus::send(kj::Maybe<BusMessage> message) {
  auto answer = KJ_ASSERT_NONNULL(link)->send(kj::mv(KJ_ASSERT_NONNULL(message)));
  return timer.timeoutAfter(PATIENCE, kj::mv(answer));
}

kj::Promise<BusMessage> SystemBus::call(const BusCall& what, kj::StringPtr text,
                                        kj::StringPtr more) {
  return kj::evalNow([&]() {
    auto message = compose(what);
    check(sd_bus_message_append(message, "s", text.cStr()), "asking");
    if (more != nullptr) check(sd_bus_message_append(message, "s", more.cStr()), "asking");
    return send(kj::mv(message));
  });
}

kj::Promise<BusMessage> SystemBus::call(const BusCall& what, int32_t number) {
  return kj::evalNow([&]() {
    auto message = compose(what);
    check(sd_bus_message_append(message, "i", number), "asking");
    return send(kj::mv(message));
  });
}

void eachEntry(sd_bus_message* message, kj::FunctionParam<bool(kj::StringPtr)> take) {
  check(sd_bus_message_enter_container(message, 'a', "{sv}"), "reading");
  for (;;) {
    int more = sd_bus_message_enter_container(message, 'e', "sv");
    check(more, "reading");
    if (more == 0) break;
    const char* key = nullptr;
    check(sd_bus_message_read(message, "s", &key), "reading");
    if (!take(key)) check(sd_bus_message_skip(message, "v"), "reading");
    check(sd_bus_message_exit_container(message), "reading");
  }
  check(sd_bus_message_exit_container(message), "reading");
}

}  // namespace portreeve::resolver
