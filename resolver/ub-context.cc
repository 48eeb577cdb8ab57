// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/ub-context.h"

#include <kj/debug.h>
#include <kj/vector.h>
#include <unbound.h>

namespace portreeve::resolver {
namespace {

constexpr auto PATIENCE = 4 * kj::SECONDS;
// libunbound goes on with a question that we gave up: a bound of its own, or dead upstreams would
// fill the memory.
constexpr size_t MAX_RUNNING = 2048;

// clang-format off
constexpr UbContext::Option ALWAYS[] = {
    {"do-not-query-localhost:", "no"},     // an upstream may well be on this machine
    {"unblock-lan-zones:", "yes"},         // private networks' reverse zones are the upstream's
    {"outgoing-range:", "256"},            // questions to upstreams at once; the others wait
    {"outgoing-num-tcp:", "16"},
    {"num-queries-per-thread:", "2048"},
    {"msg-cache-slabs:", "1"},             // one thread: nothing to share out
    {"rrset-cache-slabs:", "1"},
    {"infra-cache-slabs:", "1"},
    {"key-cache-slabs:", "1"},
    {"infra-cache-numhosts:", "2000"},
    {"edns-buffer-size:", "1232"},         // never fragmented
};
// clang-format on
// Zones that libunbound answers itself unless told otherwise, which are the upstream's to answer.
constexpr const char* NOT_OURS[] = {"test.", "home.arpa."};

// What ub_resolve_event's callback calls `sec` (libunbound(3), libunbound/unbound-event.h).
constexpr int BOGUS = 1, SECURE = 2;

void ignore(void*, int, void*, int, int, char*, int) {}

void check(int result, kj::StringPtr doing) {
  if (result != UB_NOERROR)
    KJ_FAIL_REQUIRE(kj::str("libunbound: ", doing, " ", ub_strerror(result)));
}

UbAnswer none(kj::StringPtr why) {
  return {nullptr, UbAnswer::Security::INSECURE, kj::str(why)};
}

UbAnswer understood(kj::ArrayPtr<const kj::byte> message, int security, const char* whyBogus) {
  if (security == BOGUS)
    return {nullptr, UbAnswer::Security::BOGUS,
            kj::str(whyBogus == nullptr ? "its signatures are wrong" : whyBogus)};
  KJ_IF_MAYBE (answer, readAnswer(message)) {
    if (answer->rcode != RCODE_SERVFAIL)
      return {kj::mv(*answer),
              security == SECURE ? UbAnswer::Security::SECURE : UbAnswer::Security::INSECURE,
              nullptr};
  }
  return none("no server gave an answer");
}

}  // namespace

struct UbContext::Running {
  // Lives until libunbound calls back, also when nobody waits any more.
  UbContext& owner;
  kj::Own<kj::PromiseFulfiller<UbAnswer>> fulfiller;
};

kj::Array<UbContext::Option> joined(kj::ArrayPtr<const UbContext::Option> options,
                                    kj::ArrayPtr<const UbContext::Option> more) {
  kj::Vector<UbContext::Option> all;
  all.addAll(options);
  all.addAll(more);
  return all.releaseAsArray();
}

UbContext::UbContext(UbEventBase& base, kj::Timer& timer, const Wanted& wanted)
    : timer(timer), context(ub_ctx_create_ub_event(base.handle())) {
  KJ_REQUIRE(context != nullptr, "libunbound: no context could be made");
  KJ_ON_SCOPE_FAILURE(ub_ctx_delete(context));
  configure(wanted);
}

UbContext::~UbContext() noexcept(false) {
  ub_ctx_delete(context);
}

void UbContext::configure(const Wanted& wanted) {
  auto& [anchor, hints, forwardTo, options] = wanted;
  auto set = [this](const char* name, const char* value) {
    check(ub_ctx_set_option(context, name, value), name);
  };
  // Its own log would hold the names that programs ask for.
  check(ub_ctx_debugout(context, nullptr), "silencing the log");
  if (hints.size() > 0) set("root-hints:", hints.cStr());
  if (anchor.size() > 0) check(ub_ctx_add_ta_file(context, anchor.cStr()), anchor);
  set("module-config:", anchor.size() > 0 ? "validator iterator" : "iterator");
  for (auto& option : ALWAYS) set(option.name, option.value);
  for (auto& option : options) set(option.name, option.value);
  if (forwardTo.size() > 0) check(ub_ctx_set_fwd(context, forwardTo.cStr()), forwardTo);
  // This also makes the context final: files are read and caches made now.
  for (auto zone : NOT_OURS) check(ub_ctx_zone_remove(context, zone), zone);
  // The file of root servers is read at the first question only: ask one that needs nobody.
  check(ub_resolve_event(context, "localhost", TYPE_A, CLASS_IN, nullptr, &ignore, nullptr),
        "starting");
}

kj::Promise<UbAnswer> UbContext::ask(const Question& question) {
  if (running.size() >= MAX_RUNNING) return none("too many questions are waiting for an answer");
  return timer.timeoutAfter(PATIENCE, start(question)).catch_([](kj::Exception&& e) -> UbAnswer {
    if (e.getType() != kj::Exception::Type::OVERLOADED) kj::throwFatalException(kj::mv(e));
    return none("no answer in time");
  });
}

kj::Promise<UbAnswer> UbContext::start(const Question& question) {
  auto paf = kj::newPromiseAndFulfiller<UbAnswer>();
  auto asked = kj::heap<Running>(Running{*this, kj::mv(paf.fulfiller)});
  Running* key = asked.get();
  running.emplace(key, kj::mv(asked));
  // A cached answer calls back before this returns.
  int result = ub_resolve_event(context, question.name.text().cStr(), question.type, question.klass,
                                key, &answered, nullptr);
  if (result != UB_NOERROR) {
    running.erase(key);
    return none(ub_strerror(result));
  }
  return kj::mv(paf.promise);
}

void UbContext::answered(void* data, int rcode, void* packet, int length, int security,
                         char* whyBogus, int rateLimited) noexcept {
  auto* key = static_cast<Running*>(data);
  UbContext& owner = key->owner;
  auto message = kj::arrayPtr(static_cast<const kj::byte*>(packet), size_t(length));
  if (rcode != RCODE_NOERROR || packet == nullptr) message = nullptr;
  key->fulfiller->fulfill(understood(message, security, whyBogus));
  owner.running.erase(key);
}

}  // namespace portreeve::resolver
