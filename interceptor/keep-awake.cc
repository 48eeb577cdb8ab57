// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keep-awake.h"

#include "common/log.h"

#include <kj/debug.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <algorithm>

namespace portreeve::interceptor {
namespace {

constexpr const char* DEVICE = "/dev/cpu_dma_latency";
constexpr int32_t AWAKE = 0;      // microseconds
constexpr int32_t NO_LIMIT = -1;  // PM_QOS_DEFAULT_VALUE

constexpr auto LEAST_WORTH = 10 * kj::MILLISECONDS;
// Of the allowance: below, the request would come and go with each packet.

}  // namespace

kj::Maybe<kj::AutoCloseFd> openLatencyRequest() {
  if (sysconf(_SC_NPROCESSORS_ONLN) > long(KeepAwake::MAX_CORES)) return nullptr;
  int fd = open(DEVICE, O_WRONLY | O_CLOEXEC);
  if (fd >= 0) return kj::AutoCloseFd(fd);
  log::info(kj::str("cores may sleep while a verdict is on its way, which then takes longer: ",
                    DEVICE, ": ", strerror(errno)));
  return nullptr;
}

KeepAwake::KeepAwake(kj::Maybe<kj::AutoCloseFd> latencyRequest, kj::Timer& timer)
    : request(kj::mv(latencyRequest)), timer(timer), since(timer.now()), tasks(*this) {}

void KeepAwake::packetsCame() {
  cameSince = true;
  if (holding || request == nullptr) return;
  auto now = timer.now();
  allowance = std::min(kj::Duration(BURST), allowance + (now - since) / 100 * MAX_SHARE);
  since = now;
  if (allowance < LEAST_WORTH || !write(AWAKE)) return;
  holding = true;
  tasks.add(releaseWhenQuiet());
}

kj::Promise<void> KeepAwake::releaseWhenQuiet() {
  cameSince = false;
  return timer.afterDelay(AFTER_LAST).then([this]() -> kj::Promise<void> {
    if (cameSince && timer.now() - since < allowance) return releaseWhenQuiet();
    release();
    return kj::READY_NOW;
  });
}

void KeepAwake::release() {
  auto now = timer.now();
  auto spent = now - since;
  heldBefore += spent;
  allowance -= std::min(spent, allowance);
  since = now;
  holding = false;
  if (request != nullptr) write(NO_LIMIT);
}

bool KeepAwake::write(int32_t latencyUs) {
  int fd = KJ_ASSERT_NONNULL(request).get();
  ssize_t written;
  do written = ::write(fd, &latencyUs, sizeof latencyUs);
  while (written < 0 && errno == EINTR);
  if (written == sizeof latencyUs) return true;
  log::error(kj::str(DEVICE, ": ", strerror(errno), ": cores may sleep from now on"));
  request = nullptr;  // closing it ends the request
  return false;
}

void KeepAwake::taskFailed(kj::Exception&& e) {
  log::exception("letting the cores sleep again", e);
}

}  // namespace portreeve::interceptor
