// SPDX-License-Identifier: GPL-3.0-or-later
// One-time secrets of the web UI: minted for a uid, shown to the gateway by whoever has the link,
// redeemed once. Never logged, never part of an error.
#pragma once

#include "common/clock.h"
#include "proto/policy.capnp.h"

#include <kj/function.h>
#include <kj/string.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <deque>

namespace portreeve::policy {

class SessionSecrets {
public:
  static constexpr size_t BYTES = 32;
  static constexpr uint64_t GOOD_FOR_NS = 120'000'000'000;
  static constexpr size_t MOST_OF_ONE = 8;  // a further one takes the place of the oldest
  static constexpr size_t MOST = 256;

  using Clock = kj::Function<uint64_t()>;  // monotonic, ns
  explicit SessionSecrets(Clock clock = []() { return monotonicNs(); }) : clock(kj::mv(clock)) {}
  ~SessionSecrets() noexcept(false);
  KJ_DISALLOW_COPY(SessionSecrets);

  struct Owner {
    uid_t uid;
    proto::SessionRole role;  // never `best`
  };

  kj::String mint(uid_t uid, proto::SessionRole role = proto::SessionRole::OBSERVE);
  // In hexadecimal. Throws OVERLOADED when MOST are open.

  kj::Maybe<Owner> redeem(kj::StringPtr secret);
  // Whose it is; it is used up then. nullptr: unknown, used, or too old. Takes the same time for
  // every secret of the right length.

  size_t open();  // that could still be redeemed

private:
  using Bytes = std::array<uint8_t, BYTES>;
  struct Secret {
    Bytes bytes;
    Owner owner;
    uint64_t endNs;
  };
  Clock clock;
  std::deque<Secret> secrets;  // oldest first

  void forgetOld();
  void makeRoomFor(uid_t uid);
  void erase(std::deque<Secret>::iterator secret);
};

}  // namespace portreeve::policy
