// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/ub-event-base.h"

#include "common/log.h"

#include <kj/debug.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

kj::Duration durationOf(const timeval& time) {
  return time.tv_sec * kj::SECONDS + time.tv_usec * kj::MICROSECONDS;
}

bool isReady(int fd, short events) {
  pollfd asked{fd, events, 0};
  return poll(&asked, 1, 0) > 0;
}

template <typename Act>
int guarded(kj::StringPtr doing, Act&& act) {
  // libunbound is C: no exception may pass through it.
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions(act)) {
    log::exception(doing, *problem);
    return -1;
  }
  return 0;
}

using Callback = void (*)(int, short, void*);

}  // namespace

struct UbEventBase::Event final : public ub_event {
  UbEventBase& owner;
  int fd;
  short bits;
  Callback callback;
  void* argument;
  bool resumable = false;  // its callback neither stopped nor restarted it
  short ready = 0;         // what it will be fired for; 0: not in the queue
  kj::Maybe<kj::Duration> timeout;
  // The observer outlives the promises made of it.
  kj::Maybe<kj::Own<kj::UnixEventPort::FdObserver>> observer;
  kj::Maybe<kj::Promise<void>> readable, writable, expiry;

  Event(UbEventBase& owner, int fd, short bits, Callback callback, void* argument)
      : owner(owner), fd(fd), bits(bits), callback(callback), argument(argument) {
    magic = UB_EVENT_MAGIC;
    vmt = &eventTable;
  }
  ~Event() {
    deactivate();
    if (owner.firing == this) owner.firing = nullptr;
  }

  void activate(const timeval* limit) {
    deactivate();
    if (limit != nullptr) timeout = durationOf(*limit);
    if (fd >= 0 && (bits & (UB_EV_READ | UB_EV_WRITE)) != 0) {
      // Being added anew to epoll, it is told of what is ready already.
      observer = kj::heap<kj::UnixEventPort::FdObserver>(owner.port, fd, observed());
      await();
    }
    startClock();
  }

  void deactivate() {
    resumable = false;
    readable = nullptr;
    writable = nullptr;
    expiry = nullptr;
    observer = nullptr;
    timeout = nullptr;
    owner.forget(*this);
  }

  void resume() {
    // A persistent event after its callback: as if it were level-triggered.
    if (observer != nullptr) {
      if ((bits & UB_EV_READ) != 0 && isReady(fd, POLLIN)) becomes(UB_EV_READ);
      if ((bits & UB_EV_WRITE) != 0 && isReady(fd, POLLOUT)) becomes(UB_EV_WRITE);
      await();
    }
    startClock();
  }

private:
  uint observed() const {
    uint flags = 0;
    if ((bits & UB_EV_READ) != 0) flags |= kj::UnixEventPort::FdObserver::OBSERVE_READ;
    if ((bits & UB_EV_WRITE) != 0) flags |= kj::UnixEventPort::FdObserver::OBSERVE_WRITE;
    return flags;
  }

  void await() {
    KJ_IF_MAYBE (o, observer) {
      if ((bits & UB_EV_READ) != 0 && (ready & UB_EV_READ) == 0)
        readable = firesAfter((*o)->whenBecomesReadable(), UB_EV_READ);
      if ((bits & UB_EV_WRITE) != 0 && (ready & UB_EV_WRITE) == 0)
        writable = firesAfter((*o)->whenBecomesWritable(), UB_EV_WRITE);
    }
  }

  void startClock() {
    KJ_IF_MAYBE (limit, timeout) {
      expiry = firesAfter(owner.timer.afterDelay(*limit), UB_EV_TIMEOUT);
    }
  }

  kj::Promise<void> firesAfter(kj::Promise<void> promise, short what) {
    return promise.then([this, what]() { becomes(what); }).eagerlyEvaluate([](kj::Exception&& e) {
      log::exception("watching an upstream", e);
    });
  }

  void becomes(short what) {
    if (ready == 0) owner.enqueue(*this);
    ready |= what;
  }
};

namespace {

// What libunbound never calls on a base that only serves ub_resolve_event.
int unusedDispatch(ub_event_base*) {
  return -1;
}
int unusedLoopExit(ub_event_base*, timeval*) {
  return 0;
}
ub_event* unusedSignal(ub_event_base*, int, Callback, void*) {
  return nullptr;
}
ub_event* unusedWsaEvent(ub_event_base*, void*, Callback, void*) {
  return nullptr;
}
int unusedSignalChange(ub_event*, timeval*) {
  return -1;
}
int unusedSignalRemoval(ub_event*) {
  return -1;
}
void unusedWsaRemoval(ub_event*) {}
void unusedWouldBlock(ub_event*, int) {}

}  // namespace

ub_event_base_vmt UbEventBase::baseTable = {
    .free = [](ub_event_base*) {},
    .dispatch = unusedDispatch,
    .loopexit = unusedLoopExit,
    .new_event = [](ub_event_base* base, int fd, short bits, Callback callback,
                    void* argument) -> ub_event* {
      return new Event(*static_cast<UbEventBase*>(base), fd, bits, callback, argument);
    },
    .new_signal = unusedSignal,
    .winsock_register_wsaevent = unusedWsaEvent,
};

ub_event_vmt UbEventBase::eventTable = {
    .add_bits =
        [](ub_event* event, short bits) {
          auto& self = *static_cast<Event*>(event);
          self.deactivate();
          self.bits |= bits;
        },
    .del_bits =
        [](ub_event* event, short bits) {
          auto& self = *static_cast<Event*>(event);
          self.deactivate();
          self.bits &= short(~bits);
        },
    .set_fd =
        [](ub_event* event, int fd) {
          auto& self = *static_cast<Event*>(event);
          self.deactivate();
          self.fd = fd;
        },
    .free = [](ub_event* event) { delete static_cast<Event*>(event); },
    .add =
        [](ub_event* event, timeval* limit) {
          return guarded("watching an upstream",
                         [&]() { static_cast<Event*>(event)->activate(limit); });
        },
    .del =
        [](ub_event* event) {
          return guarded("leaving an upstream",
                         [&]() { static_cast<Event*>(event)->deactivate(); });
        },
    .add_timer =
        [](ub_event* event, ub_event_base*, Callback callback, void* argument, timeval* limit) {
          auto& self = *static_cast<Event*>(event);
          self.callback = callback;
          self.argument = argument;
          return guarded("starting a timer", [&]() { self.activate(limit); });
        },
    .del_timer =
        [](ub_event* event) {
          return guarded("stopping a timer", [&]() { static_cast<Event*>(event)->deactivate(); });
        },
    .add_signal = unusedSignalChange,
    .del_signal = unusedSignalRemoval,
    .winsock_unregister_wsaevent = unusedWsaRemoval,
    .winsock_tcp_wouldblock = unusedWouldBlock,
};

UbEventBase::UbEventBase(kj::UnixEventPort& port, kj::Timer& timer) : port(port), timer(timer) {
  magic = UB_EVENT_MAGIC;
  vmt = &baseTable;
}

UbEventBase::~UbEventBase() noexcept(false) = default;

void UbEventBase::enqueue(Event& event) {
  due.push_back(&event);
  KJ_IF_MAYBE (waiting, wake) (*waiting)->fulfill();
}

void UbEventBase::forget(Event& event) {
  if (event.ready == 0) return;
  event.ready = 0;
  due.erase(std::remove(due.begin(), due.end(), &event), due.end());
}

kj::Promise<void> UbEventBase::run() {
  if (due.empty()) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    wake = kj::mv(paf.fulfiller);
    return paf.promise.then([this]() {
      wake = nullptr;
      return run();
    });
  }
  fireAll();
  // Through the timer, not evalLater: the loop must look at every other descriptor in between.
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return run(); });
}

void UbEventBase::fireAll() {
  // Only what is due now: events that become ready meanwhile have to wait for the next round.
  for (size_t count = due.size(); count > 0 && !due.empty(); count--) {
    Event& event = *due.front();
    due.pop_front();
    fire(event);
  }
}

void UbEventBase::fire(Event& event) {
  short what = event.ready;
  event.ready = 0;
  bool persists = (event.bits & UB_EV_PERSIST) != 0;
  auto callback = event.callback;
  auto argument = event.argument;
  int fd = event.fd;
  if (!persists) event.deactivate();
  event.resumable = persists;
  firing = &event;
  callback(fd, what, argument);
  if (firing == &event && event.resumable) event.resume();
  firing = nullptr;
}

}  // namespace portreeve::resolver
