// SPDX-License-Identifier: GPL-3.0-or-later
// A capability without methods that carries a file descriptor to whoever is given it.
#pragma once

#include <capnp/capability.h>
#include <kj/async.h>
#include <kj/common.h>
#include <kj/io.h>

namespace portreeve {

template <typename Interface>
class DescriptorCapability final : public Interface::Server {
public:
  explicit DescriptorCapability(int descriptor) : descriptor(descriptor) {}
  // Not owned: it has to outlive every connection that it is sent by.

  kj::Maybe<int> getFd() override { return descriptor; }

private:
  int descriptor;
};

kj::Promise<kj::Maybe<kj::AutoCloseFd>> descriptorOf(capnp::Capability::Client capability);
// A copy of the descriptor that it carries, close-on-exec, which outlives it; nullptr: it carries
// none. Rejects where the capability is broken.

}  // namespace portreeve
