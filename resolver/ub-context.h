// SPDX-License-Identifier: GPL-3.0-or-later
// One context of libunbound in our own event loop: it resolves, and validates what is signed (RFC
// 4035).
#pragma once

#include "resolver/message.h"
#include "resolver/ub-event-base.h"

#include <kj/async.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/timer.h>

#include <unordered_map>

struct ub_ctx;

namespace portreeve::resolver {

struct UbAnswer {
  enum class Security : uint8_t {
    INSECURE,
    SECURE,
    UNDATED,  // SECURE, but by its dates it does not count yet, or any more (dated-context.h)
    BOGUS
  };
  kj::Maybe<Answer> answer;  // nullptr: there was none, or it was SERVFAIL
  Security security = Security::INSECURE;
  kj::String why;  // of BOGUS, and where there is no answer
};

class UbContext {
public:
  struct Option {
    const char* name;  // as in unbound.conf(5), with its colon
    const char* value;
  };
  struct Wanted {
    kj::StringPtr rootAnchor;  // file of the keys that are trusted; empty: nothing is validated
    kj::StringPtr rootHints;   // file of root servers; empty: those that libunbound knows
    kj::StringPtr forwardTo;   // "address@port" of a server that is asked for all; empty: none
    kj::ArrayPtr<const Option> options;  // besides those that every context has
  };

  UbContext(UbEventBase& base, kj::Timer& timer, const Wanted& wanted);
  // All that libunbound reads it reads here, before the sandbox. Throws FAILED when it refuses.
  ~UbContext() noexcept(false);
  KJ_DISALLOW_COPY(UbContext);

  kj::Promise<UbAnswer> ask(const Question& question);
  // Within 4 s: a stub resolver waits 5. At most 2048 are under way at once.

private:
  struct Running;

  kj::Timer& timer;
  ub_ctx* context;
  std::unordered_map<Running*, kj::Own<Running>> running;
  // Questions that libunbound still works on, given up ones included.

  void configure(const Wanted& wanted);
  kj::Promise<UbAnswer> start(const Question& question);
  static void answered(void* data, int rcode, void* packet, int length, int security,
                       char* whyBogus, int rateLimited) noexcept;
};

kj::Array<UbContext::Option> joined(kj::ArrayPtr<const UbContext::Option> options,
                                    kj::ArrayPtr<const UbContext::Option> more);
// All of `options`, then all of `more`: of one name the last counts.

}  // namespace portreeve::resolver
