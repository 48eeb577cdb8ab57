// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/validator.h"

#include "common/log.h"
#include "resolver/listening-socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr uint16_t TYPE_DNSKEY = 48;
constexpr auto PROBE_AGAIN = 10 * kj::MINUTES;
constexpr auto PROBE_SOON = 20 * kj::SECONDS;  // nobody answered
constexpr auto FIRST_PROBE = 1 * kj::SECONDS;  // questions wait so long for it

// One server, which is we: its speed means nothing, and what it says is kept elsewhere.
// clang-format off
constexpr UbContext::Option JUDGING[] = {
    {"msg-cache-size:", "0"},              // the answer cache stands above
    {"rrset-cache-size:", "0"},
    {"key-cache-size:", "1m"},
    {"tcp-upstream:", "yes"},              // one connection for all: nothing is lost on the way
    {"qname-minimisation:", "no"},
    {"infra-host-ttl:", "1"},
    {"infra-keep-probing:", "yes"},
};
// clang-format on

kj::AutoCloseFd listenOnLoopback(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) KJ_FAIL_SYSCALL("socket", errno);
  kj::AutoCloseFd owned(fd);
  int yes = 1;
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
             kj::str("127.0.0.1:", port));
  KJ_SYSCALL(listen(fd, 16));
  return owned;
}

bool isSocketFrom(int fd, const Tuple& client) {
  sockaddr_storage own{}, peer{};
  socklen_t ownLength = sizeof own, peerLength = sizeof peer;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &ownLength) != 0) return false;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peerLength) != 0) return false;
  auto from = Endpoint::from(reinterpret_cast<sockaddr*>(&own));
  auto to = Endpoint::from(reinterpret_cast<sockaddr*>(&peer));
  KJ_IF_MAYBE (here, from)
    KJ_IF_MAYBE (there, to)
      return here->address == client.source && here->port == client.sourcePort &&
             there->address == client.destination && there->port == client.destinationPort;
  return false;
}

int mostDescriptors() {
  constexpr rlim_t MOST = 65536;
  rlimit limit{};
  KJ_SYSCALL(getrlimit(RLIMIT_NOFILE, &limit));
  return int(std::min(limit.rlim_cur, MOST));
}

bool hasSignature(const Answer& answer) {
  for (auto& record : answer.answer)
    if (record.type == TYPE_RRSIG) return true;
  return false;
}

bool canBeJudged(const Resolved& found) {
  return found.error == nullptr &&
         (found.answer.rcode == RCODE_NOERROR || found.answer.rcode == RCODE_NXDOMAIN);
}

}  // namespace

Validator::Validator(kj::AsyncIoContext& io, UbEventBase& base, const Wanted& wanted,
                     ClockTrust& clock)
    : timer(io.provider->getTimer()),
      mode(wanted.mode),
      lastProbe(timer.now()),
      descriptors(mostDescriptors()) {
  if (mode == Dnssec::OFF) return;
  auto rootAnchor = wanted.rootAnchor;
  if (rootAnchor.size() == 0) {
    log::warning("dnssec: there is no root_anchor: answers of upstreams are not validated");
    return;
  }
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() {
                 auto socket = listenOnLoopback(wanted.port);
                 auto at = kj::str("127.0.0.1@", Endpoint::ofSocket(socket).port);
                 listener = kj::heap<TcpListener>(*io.lowLevelProvider, timer, kj::mv(socket),
                                                  static_cast<Answering&>(*this));
                 context = kj::heap<DatedContext>(
                     base, timer, UbContext::Wanted{rootAnchor, nullptr, at, JUDGING}, clock);
               })) {
    log::exception("dnssec: answers of upstreams are not validated", *problem);
    listener = nullptr;
  }
}

bool Validator::active() const {
  if (context == nullptr) return false;
  return mode == Dnssec::ON || signatures == Signatures::GIVEN;
}

kj::Promise<Resolved> Validator::upstream(const Lookup& lookup) {
  return KJ_REQUIRE_NONNULL(servers, "no upstreams").resolve(lookup);
}

kj::Promise<Resolved> Validator::resolve(const Lookup& lookup) {
  KJ_IF_MAYBE (first, firstProbe) {
    auto waited = first->addBranch().exclusiveJoin(timer.afterDelay(FIRST_PROBE));
    return waited.then([this, lookup]() { return validate(lookup); });
  }
  return validate(lookup);
}

kj::Promise<Resolved> Validator::validate(const Lookup& lookup) {
  if (lookup.checkingDisabled || !active()) return upstream(lookup);
  auto question = lookup.question;
  return upstream({question, true, false})
      .then([this, question](Resolved&& found) -> kj::Promise<Resolved> {
        if (!canBeJudged(found)) return kj::mv(found);
        return judgement(question, kj::mv(found));
      });
}

kj::Promise<Resolved> Validator::judgement(const Question& question, Resolved found) {
  auto kept = kj::heap<Resolved>(kj::mv(found));
  auto entry = judging.emplace(Key(question.name.lowerCaseWire(), question.type), &kept->answer);
  auto asked = KJ_ASSERT_NONNULL(context)->ask(question);
  return asked.attach(kj::defer([this, entry]() { judging.erase(entry); }))
      .then([this, kept = kj::mv(kept)](UbAnswer&& judged) mutable -> Resolved {
        if (judged.security == UbAnswer::Security::BOGUS) {
          counts.bogus++;
          recheck();
          return servfail(ExtendedError::DNSSEC_BOGUS, kj::mv(judged.why));
        }
        KJ_IF_MAYBE (answer, judged.answer) {
          if (judged.security == UbAnswer::Security::INSECURE) {
            counts.insecure++;
            return kj::mv(*kept);
          }
          // Without dates its signatures are right, but may be old: not for others to rely on.
          bool authentic = judged.security == UbAnswer::Security::SECURE;
          (authentic ? counts.secure : counts.undated)++;
          answer->authentic = authentic;
          answer->server = kj::mv(kept->answer.server);
          return {kj::mv(*answer), nullptr};
        }
        counts.unjudged++;
        return servfail(ExtendedError::DNSSEC_INDETERMINATE,
                        kj::str("not validated: ", judged.why));
      });
}

// Whether there are signatures -------------------------------------------------------------------

void Validator::upstreamsChanged() {
  if (context == nullptr) return;
  signatures = Signatures::UNKNOWN;
  auto first = probe().fork();
  auto settled = first.addBranch().then([this]() { firstProbe = nullptr; });
  firstProbe = kj::mv(first);
  lookAfter(kj::mv(settled));
}

void Validator::recheck() {
  // One forged answer, or servers that have ceased to give signatures?
  if (timer.now() - lastProbe >= PROBE_SOON) lookAfter(probe());
}

void Validator::lookAfter(kj::Promise<void> probed) {
  probing = probed.then([this]() { return look(); }).eagerlyEvaluate([](kj::Exception&& e) {
    log::exception("dnssec: asking upstreams for signatures", e);
  });
}

kj::Promise<void> Validator::look() {
  auto pause = answered ? PROBE_AGAIN : PROBE_SOON;
  return timer.afterDelay(pause).then([this]() { return probe(); }).then([this]() {
    return look();
  });
}

kj::Promise<void> Validator::probe() {
  lastProbe = timer.now();
  Question keys{Name(), TYPE_DNSKEY};
  return upstream({keys, true, true}).then([this](Resolved&& found) {
    answered = canBeJudged(found);
    learn(answered && hasSignature(found.answer) ? Signatures::GIVEN : Signatures::NOT_GIVEN);
  });
}

void Validator::learn(Signatures found) {
  if (found == signatures) return;
  signatures = found;
  if (found == Signatures::GIVEN)
    log::info("dnssec: answers of upstreams are validated");
  else
    log::warning(
        mode == Dnssec::ON
            ? "dnssec: upstreams do not give the root's keys: most names cannot be had. Name "
              "others in resolver.upstreams, or set resolver.dnssec = \"auto\""
            : "dnssec: upstreams do not give the root's keys: their answers are not "
              "validated");
}

// What libunbound asks ----------------------------------------------------------------------------

kj::Promise<void> Validator::serve() {
  KJ_IF_MAYBE (there, listener) return (*there)->serve();
  return kj::NEVER_DONE;
}

bool Validator::admits(const Tuple& client) {
  // Ours are few, and their numbers low; nobody else's socket is among them.
  for (int fd = 0; fd < descriptors; fd++)
    if (isSocketFrom(fd, client)) return true;
  log::warning(kj::str("dnssec: another program came to 127.0.0.1:", PORT, " and was turned away"));
  return false;
}

kj::Promise<MaybeReply> Validator::answer(const Tuple&, kj::ArrayPtr<const kj::byte> message) {
  auto reading = readQuery(message);
  if (reading.outcome != QueryReading::Outcome::GOOD) return MaybeReply(nullptr);
  auto& question = KJ_ASSERT_NONNULL(reading.query.question);
  auto known = judging.find(Key(question.name.lowerCaseWire(), question.type));
  if (known != judging.end())
    return MaybeReply(writeReply(reading.query, *known->second, nullptr, TCP_LIMIT));
  return upstream({question, true, true})
      .then([query = kj::mv(reading.query)](Resolved&& found) -> MaybeReply {
        return writeReply(query, found.answer, nullptr, TCP_LIMIT);
      });
}

}  // namespace portreeve::resolver
