// SPDX-License-Identifier: GPL-3.0-or-later
// fsync(2) that waits for nothing: policy never stands still for a disk while packets wait. The
// kernel does it in a thread of its own (io_submit(2), IOCB_CMD_FSYNC) and says so by an
// eventfd(2).
#pragma once

#include <kj/async-unix.h>
#include <kj/io.h>

#include <cstdint>
#include <unordered_map>

namespace portreeve::policy {

class DiskSync {
public:
  explicit DiskSync(kj::UnixEventPort& port);
  // Before the sandbox (io_setup(2)). Where the kernel has no such thing, `sync` waits after all.
  ~DiskSync() noexcept(false);
  KJ_DISALLOW_COPY(DiskSync);

  kj::Promise<void> sync(kj::AutoCloseFd fileOrFolder);
  // Resolves when all that was written to it is on the disk. Rejects with FAILED and the reason.

private:
  struct Waiting {
    kj::AutoCloseFd fd;
    kj::Own<kj::PromiseFulfiller<void>> done;
  };
  uint64_t context = 0;  // aio_context_t; 0: none
  kj::AutoCloseFd completions;
  kj::Own<kj::UnixEventPort::FdObserver> observer;
  uint64_t lastId = 0;
  std::unordered_map<uint64_t, Waiting> waiting;
  kj::Promise<void> collecting = nullptr;

  bool submit(uint64_t id, int fd);
  kj::Promise<void> collect();
  void takeCompleted();
};

}  // namespace portreeve::policy
