// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/descriptor-capability.h"

#include <fcntl.h>
#include <kj/debug.h>

namespace portreeve {

kj::Promise<kj::Maybe<kj::AutoCloseFd>> descriptorOf(capnp::Capability::Client capability) {
  auto lent = capability.getFd();  // belongs to the capability
  return lent
      .then([](kj::Maybe<int> descriptor) {
        return descriptor.map([](int fd) {
          int own;
          KJ_SYSCALL(own = fcntl(fd, F_DUPFD_CLOEXEC, 0));
          return kj::AutoCloseFd(own);
        });
      })
      .attach(kj::mv(capability));
}

}  // namespace portreeve
