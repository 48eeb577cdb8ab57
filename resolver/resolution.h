// SPDX-License-Identifier: GPL-3.0-or-later
// From a question to an answer: libunbound, in our own event loop, recurses from the root, and
// validates what is signed (RFC 4035) with the distribution's root anchor.
#pragma once

#include "resolver/name-source.h"
#include "resolver/ub-event-base.h"

#include <kj/async.h>
#include <kj/memory.h>
#include <kj/timer.h>

#include <unordered_map>

struct ub_ctx;

namespace portreeve::resolver {

class Resolution final : public NameSource {
public:
  Resolution(UbEventBase& base, kj::Timer& timer, kj::StringPtr rootAnchor,
             kj::StringPtr rootHints);
  // All that libunbound reads it reads here, before the sandbox. Where `rootAnchor` (Debian:
  // dns-root-data) is missing or empty, nothing is validated; `validates` tells. Empty `rootHints`:
  // those that libunbound knows. Throws FAILED when
  // libunbound refuses.
  ~Resolution() noexcept(false);
  KJ_DISALLOW_COPY(Resolution);

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  // SERVFAIL after 4 s: a stub resolver waits 5.

  bool validates() const { return validating; }
  size_t inFlight() const { return running.size(); }

private:
  struct Running;

  kj::Timer& timer;
  ub_ctx* context;
  ub_ctx* unchecked;  // for clients that validate themselves (CD)
  bool validating = false;
  std::unordered_map<Running*, kj::Own<Running>> running;
  // Questions that libunbound still works on, given up ones included.

  void configure(ub_ctx* configured, bool validated);
  kj::Promise<Resolved> ask(const Lookup& lookup);
  Resolved understand(kj::ArrayPtr<const kj::byte> message) const;
  Resolved failure(kj::StringPtr reason) const;
  static void answered(void* data, int rcode, void* packet, int length, int security,
                       char* whyBogus, int rateLimited) noexcept;
};

}  // namespace portreeve::resolver
