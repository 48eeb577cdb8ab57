// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/disk-sync.h"

#include "common/log.h"

#include <errno.h>
#include <kj/debug.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve::policy {
namespace {

constexpr unsigned MOST_AT_ONCE = 16;

kj::Exception failure(int error) {
  return kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                       kj::str("writing to the disk: ", strerror(error)));
}

}  // namespace

DiskSync::DiskSync(kj::UnixEventPort& port) {
  if (syscall(SYS_io_setup, MOST_AT_ONCE, &context) != 0) {
    context = 0;
    return;
  }
  int fd;
  KJ_SYSCALL(fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  completions = kj::AutoCloseFd(fd);
  observer = kj::heap<kj::UnixEventPort::FdObserver>(port, fd,
                                                     kj::UnixEventPort::FdObserver::OBSERVE_READ);
  collecting = collect().eagerlyEvaluate(
      [](kj::Exception&& e) { log::exception("waiting for the disk", e); });
}

DiskSync::~DiskSync() noexcept(false) {
  // Not io_destroy(2): it would wait for a disk that hangs. The kernel does it when we end.
}

kj::Promise<void> DiskSync::sync(kj::AutoCloseFd fd) {
  uint64_t id = ++lastId;
  if (context != 0 && submit(id, fd)) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiting.emplace(id, Waiting{kj::mv(fd), kj::mv(paf.fulfiller)});
    return kj::mv(paf.promise);
  }
  if (fsync(fd) != 0) return failure(errno);
  return kj::READY_NOW;
}

bool DiskSync::submit(uint64_t id, int fd) {
  iocb request{};
  request.aio_data = id;
  request.aio_lio_opcode = IOCB_CMD_FSYNC;
  request.aio_fildes = uint32_t(fd);
  request.aio_flags = IOCB_FLAG_RESFD;
  request.aio_resfd = uint32_t(completions.get());
  iocb* requests[] = {&request};
  return syscall(SYS_io_submit, context, 1, requests) == 1;
}

kj::Promise<void> DiskSync::collect() {
  return observer->whenBecomesReadable().then([this]() {
    uint64_t count;
    while (read(completions, &count, sizeof count) == ssize_t(sizeof count)) takeCompleted();
    return collect();
  });
}

void DiskSync::takeCompleted() {
  io_event events[MOST_AT_ONCE];
  timespec noWait{};
  long got;
  while ((got = syscall(SYS_io_getevents, context, 0, MOST_AT_ONCE, events, &noWait)) > 0) {
    for (auto& event : kj::arrayPtr(events, size_t(got))) {
      auto found = waiting.find(event.data);
      if (found == waiting.end()) continue;
      if (event.res < 0)
        found->second.done->reject(failure(int(-event.res)));
      else
        found->second.done->fulfill();
      waiting.erase(found);
    }
  }
}

}  // namespace portreeve::policy
