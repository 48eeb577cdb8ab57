// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-watch.h"

#include "attributor/process-event.h"
#include "common/log.h"

#include <errno.h>
#include <kj/debug.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::attributor {
namespace {

bool fromTheKernel(const sockaddr_nl& sender, socklen_t length) {
  // Another process's would bear its port (netlink(7)); root's alone gets as far as here.
  return length < sizeof sender || sender.nl_family != AF_NETLINK || sender.nl_pid == 0;
}

}  // namespace

ProcessWatch::ProcessWatch(kj::UnixEventPort& port, kj::Timer& timer, ProcessCache& processes)
    : port(port), timer(timer), processes(processes) {}

void ProcessWatch::use(kj::AutoCloseFd given) {
  stop();
  socket = kj::mv(given);
  // What nobody took in time is old or lost.
  processes.missedEvents();
  watching = watch().eagerlyEvaluate(
      [](kj::Exception&& e) { log::exception("following which programs begin and end", e); });
}

void ProcessWatch::stop() {
  watching = nullptr;
  observer = nullptr;
  socket = kj::AutoCloseFd();
}

kj::Promise<void> ProcessWatch::watch() {
  observer = kj::heap<kj::UnixEventPort::FdObserver>(port, socket,
                                                     kj::UnixEventPort::FdObserver::OBSERVE_READ);
  take();
  return observer->whenBecomesReadable()
      .then([this]() {
        observer = nullptr;  // else each event would wake this process during the pause
        return timer.afterDelay(PAUSE);
      })
      .then([this]() { return watch(); });
}

void ProcessWatch::take() {
  while (following() && takeOne()) continue;
  processes.forgetWhatIsOver();
}

bool ProcessWatch::takeOne() {
  alignas(nlmsghdr) kj::byte datagram[1024];
  sockaddr_nl sender{};
  socklen_t length = sizeof sender;
  ssize_t got = recvfrom(socket, datagram, sizeof datagram, MSG_DONTWAIT,
                         reinterpret_cast<sockaddr*>(&sender), &length);
  if (got < 0 && errno == ENOBUFS) {
    counts.missed++;
    processes.missedEvents();
    return true;
  }
  if (got < 0) return errno == EINTR;
  if (!fromTheKernel(sender, length)) return true;
  readProcessEvents(kj::arrayPtr(datagram, size_t(got)), [this](const ProcessEvent& event) {
    counts.events++;
    processes.programOver(event.pid);
  });
  return got > 0;
}

}  // namespace portreeve::attributor
