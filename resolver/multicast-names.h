// SPDX-License-Identifier: GPL-3.0-or-later
// Names of the local links, by multicast DNS (RFC 6762): each question goes out on every link that
// can, the first answer counts, and silence for a second means that there is no such name. What a
// question needs is open only while it is under way.
#pragma once

#include "resolver/name-source.h"

#include <kj/async-unix.h>
#include <kj/timer.h>

namespace portreeve::resolver {

class MulticastNames final : public NameSource {
public:
  static constexpr auto PATIENCE = 1 * kj::SECONDS;
  static constexpr size_t MOST_AT_ONCE = 64;

  MulticastNames(kj::UnixEventPort& port, kj::Timer& timer) : port(port), timer(timer) {}
  KJ_DISALLOW_COPY(MulticastNames);

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;

private:
  class Asking;

  kj::UnixEventPort& port;
  kj::Timer& timer;
  size_t underWay = 0;
};

kj::Maybe<Answer> multicastAnswer(const Question& question, kj::ArrayPtr<const kj::byte> message);
// What a message from a link says of the question: its records, or (NSEC, RFC 6762, 6.1) that there
// are none of that type. Nullptr when it says nothing. A pure function over untrusted octets.

}  // namespace portreeve::resolver
