// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/resolution.h"

#include <kj/debug.h>
#include <unbound.h>
#include <unistd.h>

namespace portreeve::resolver {
namespace {

constexpr auto PATIENCE = 4 * kj::SECONDS;
// libunbound goes on with a question that we gave up: a bound of its own, or dead upstreams would
// fill the memory.
constexpr size_t MAX_RUNNING = 2048;

struct Option {
  const char* name;
  const char* value;
};
// clang-format off
constexpr Option ALWAYS[] = {
    {"do-not-query-localhost:", "no"},     // an upstream may well be on this machine
    {"unblock-lan-zones:", "yes"},         // private networks' reverse zones are the upstream's
    {"outgoing-range:", "256"},            // questions to upstreams at once; the others wait
    {"outgoing-num-tcp:", "16"},
    {"num-queries-per-thread:", "2048"},
    {"msg-cache-size:", "4m"},
    {"rrset-cache-size:", "4m"},
    {"msg-cache-slabs:", "1"},             // one thread: nothing to share out
    {"rrset-cache-slabs:", "1"},
    {"infra-cache-slabs:", "1"},
    {"infra-cache-numhosts:", "2000"},
    {"edns-buffer-size:", "1232"},         // never fragmented
};
// There are many servers; their speed is worth knowing.
constexpr Option RECURSING[] = {
    {"qname-minimisation:", "yes"},       // RFC 9156: each server learns what it must
    {"use-caps-for-id:", "no"},           // ports and ids are random; some servers lose the case
    {"infra-host-ttl:", "30"},
    {"infra-keep-probing:", "yes"},
};
// clang-format on
// Zones that libunbound answers itself unless told otherwise, which are the upstream's to answer.
constexpr const char* NOT_OURS[] = {"test.", "home.arpa."};

// What ub_resolve_event's callback calls `sec` (libunbound(3), libunbound/unbound-event.h).
constexpr int BOGUS = 1, SECURE = 2;

Resolved bogus(const char* why) {
  Answer answer;
  answer.rcode = RCODE_SERVFAIL;
  return {kj::mv(answer),
          ExtendedError{ExtendedError::DNSSEC_BOGUS,
                        kj::str(why == nullptr ? "its signatures are wrong" : why)}};
}

void ignore(void*, int, void*, int, int, char*, int) {}

void check(int result, kj::StringPtr doing) {
  if (result != UB_NOERROR)
    KJ_FAIL_REQUIRE(kj::str("libunbound: ", doing, " ", ub_strerror(result)));
}

}  // namespace

struct Resolution::Running {
  // Lives until libunbound calls back, also when nobody waits any more.
  Resolution& owner;
  kj::Own<kj::PromiseFulfiller<Resolved>> fulfiller;
};

Resolution::Resolution(UbEventBase& base, kj::Timer& timer, kj::StringPtr rootAnchor,
                       kj::StringPtr rootHints)
    : timer(timer),
      context(ub_ctx_create_ub_event(base.handle())),
      unchecked(ub_ctx_create_ub_event(base.handle())) {
  KJ_REQUIRE(context != nullptr && unchecked != nullptr, "libunbound: no context could be made");
  KJ_ON_SCOPE_FAILURE(ub_ctx_delete(unchecked); ub_ctx_delete(context));
  validating = rootAnchor.size() > 0 && access(rootAnchor.cStr(), R_OK) == 0;
  if (rootHints.size() > 0)
    for (auto* each : {context, unchecked})
      check(ub_ctx_set_option(each, "root-hints:", rootHints.cStr()), rootHints);
  if (validating) check(ub_ctx_add_ta_file(context, rootAnchor.cStr()), rootAnchor);
  configure(context, validating);
  configure(unchecked, false);
}

Resolution::~Resolution() noexcept(false) {
  ub_ctx_delete(unchecked);
  ub_ctx_delete(context);
}

void Resolution::configure(ub_ctx* configured, bool validated) {
  // Its own log would hold the names that programs ask for.
  check(ub_ctx_debugout(configured, nullptr), "silencing the log");
  auto set = [configured](kj::ArrayPtr<const Option> options) {
    for (auto& option : options)
      check(ub_ctx_set_option(configured, option.name, option.value), option.name);
  };
  check(ub_ctx_set_option(configured,
                          "module-config:", validated ? "validator iterator" : "iterator"),
        "module-config");
  set(ALWAYS);
  set(RECURSING);
  // This also makes the context final: files are read and caches made now.
  for (auto zone : NOT_OURS) check(ub_ctx_zone_remove(configured, zone), zone);
  // The file of root servers is read at the first question only: ask one that needs nobody.
  check(ub_resolve_event(configured, "localhost", TYPE_A, CLASS_IN, nullptr, &ignore, nullptr),
        "starting");
}

kj::Promise<Resolved> Resolution::resolve(const Lookup& lookup) {
  if (running.size() >= MAX_RUNNING) return failure("too many questions are waiting for an answer");
  return timer.timeoutAfter(PATIENCE, ask(lookup)).catch_([this](kj::Exception&& e) -> Resolved {
    if (e.getType() != kj::Exception::Type::OVERLOADED) kj::throwFatalException(kj::mv(e));
    return failure("no answer in time");
  });
}

kj::Promise<Resolved> Resolution::ask(const Lookup& lookup) {
  auto& question = lookup.question;
  auto paf = kj::newPromiseAndFulfiller<Resolved>();
  auto asked = kj::heap<Running>(Running{*this, kj::mv(paf.fulfiller)});
  Running* key = asked.get();
  running.emplace(key, kj::mv(asked));
  // A cached answer calls back before this returns.
  int result =
      ub_resolve_event(lookup.checkingDisabled ? unchecked : context, question.name.text().cStr(),
                       question.type, question.klass, key, &answered, nullptr);
  if (result != UB_NOERROR) {
    running.erase(key);
    return failure(ub_strerror(result));
  }
  return kj::mv(paf.promise);
}

void Resolution::answered(void* data, int rcode, void* packet, int length, int security,
                          char* whyBogus, int rateLimited) noexcept {
  auto* key = static_cast<Running*>(data);
  Resolution& owner = key->owner;
  auto message = kj::arrayPtr(static_cast<const kj::byte*>(packet), size_t(length));
  if (rcode != RCODE_NOERROR || packet == nullptr) message = nullptr;
  auto resolved = security == BOGUS ? bogus(whyBogus) : owner.understand(message);
  resolved.answer.authentic = security == SECURE;
  key->fulfiller->fulfill(kj::mv(resolved));
  owner.running.erase(key);
}

Resolved Resolution::understand(kj::ArrayPtr<const kj::byte> message) const {
  KJ_IF_MAYBE (answer, readAnswer(message)) {
    if (answer->rcode != RCODE_SERVFAIL) return {kj::mv(*answer), nullptr};
  }
  return failure("no server gave an answer");
}

Resolved Resolution::failure(kj::StringPtr reason) const {
  Answer answer;
  answer.rcode = RCODE_SERVFAIL;
  return {kj::mv(answer), ExtendedError{ExtendedError::NO_REACHABLE_AUTHORITY,
                                        kj::str("the name's servers: ", reason)}};
}

}  // namespace portreeve::resolver
