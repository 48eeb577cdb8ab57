// SPDX-License-Identifier: GPL-3.0-or-later
// From a question to an answer: libunbound, in our own event loop, asks the configured upstreams or
// recurses from the root, and keeps the cache.
#pragma once

#include "resolver/message.h"
#include "resolver/reply.h"
#include "resolver/ub-event-base.h"
#include "resolver/upstream.h"

#include <kj/async.h>
#include <kj/memory.h>
#include <kj/timer.h>

#include <unordered_map>

struct ub_ctx;

namespace portreeve::resolver {

struct Resolved {
  Answer answer;
  kj::Maybe<ExtendedError> error;  // why it is SERVFAIL
};

class NameSource {
public:
  virtual kj::Promise<Resolved> resolve(const Question& question) = 0;
  // Resolves within bounded time, whatever upstreams do; rejects only if the suite itself is at
  // fault.

protected:
  ~NameSource() = default;
};

class Resolution final : public NameSource {
public:
  Resolution(UbEventBase& base, kj::Timer& timer, kj::ArrayPtr<const Upstream> upstreams);
  // Forwards to `upstreams`, or recurses when there are none. All that libunbound reads it reads
  // here, before the sandbox. Throws FAILED when libunbound refuses.
  ~Resolution() noexcept(false);
  KJ_DISALLOW_COPY(Resolution);

  kj::Promise<Resolved> resolve(const Question& question) override;
  // SERVFAIL after 4 s: a stub resolver waits 5.

  size_t inFlight() const { return running.size(); }

private:
  struct Running;

  kj::Timer& timer;
  ub_ctx* context;
  bool forwards;
  std::unordered_map<Running*, kj::Own<Running>> running;
  // Questions that libunbound still works on, given up ones included.

  void configure(kj::ArrayPtr<const Upstream> upstreams);
  kj::Promise<Resolved> ask(const Question& question);
  Resolved understand(kj::ArrayPtr<const kj::byte> message) const;
  Resolved failure(kj::StringPtr reason) const;
  static void answered(void* data, int rcode, void* packet, int length, int security,
                       char* whyBogus, int rateLimited) noexcept;
};

}  // namespace portreeve::resolver
