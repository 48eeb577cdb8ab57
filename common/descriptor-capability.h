// SPDX-License-Identifier: GPL-3.0-or-later
// A capability without methods that carries a file descriptor to whoever is given it
// (capnp::Capability::Client::getFd).
#pragma once

#include <kj/common.h>

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

}  // namespace portreeve
