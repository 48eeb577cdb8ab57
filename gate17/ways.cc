// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/ways.h"

#include "common/clock.h"
#include "common/log.h"
#include "gate17/credentials.h"
#include "gate17/http-way.h"
#include "gate17/node-way.h"
#include "gate17/socks5-way.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr auto OPEN_WITHIN = 15 * kj::SECONDS;
constexpr auto PROBE_WITHIN = 5 * kj::SECONDS;
constexpr auto TICK = 1 * kj::SECONDS;
constexpr unsigned TICKS_A_PROBE = 5;
constexpr double SMOOTHING = 0.2;

kj::Maybe<socks5::Credentials> credentialsOf(const Settings::Way& settings) {
  if (settings.credentials.size() == 0) return nullptr;
  return readCredentials(settings.credentials);
}

kj::Own<Way> makeNodeWay(kj::Timer& timer, const Settings::Way& settings, WayServer& server,
                         kj::Maybe<Way&> via) {
  NodeWay::Dial dial = [&server]() {
    return server.connect().then(
        [](kj::Own<Socket> socket) { return kj::Own<kj::AsyncIoStream>(kj::mv(socket)); });
  };
  // A name is then looked up at the other's far end: nobody here is asked for it.
  auto& where = settings.server;
  KJ_IF_MAYBE (other, via)
    dial = [&other = *other, target = Target{kj::str(where.name), where.address, where.port}]() {
      return other.open(target);
    };
  return kj::heap<NodeWay>(timer, kj::mv(dial), PrivateKey::read(settings.ownKey),
                           kj::str(settings.key));
}

kj::Own<Way> makeWay(kj::UnixEventPort& port, kj::Timer& timer, const Settings::Way& settings,
                     WayServer& server, kj::Maybe<Way&> via) {
  switch (settings.type) {
    case WayType::SOCKS5:
      return kj::heap<Socks5Way>(port, server, credentialsOf(settings));
    case WayType::HTTP:
      return kj::heap<HttpWay>(server, credentialsOf(settings));
    case WayType::GATE17:
      return makeNodeWay(timer, settings, server, via);
  }
  KJ_UNREACHABLE;
}

kj::StringPtr reasonOf(const kj::Exception& e) {
  constexpr kj::StringPtr REMOTE = "remote exception: "_kj;
  kj::StringPtr words = e.getDescription();
  if (words.startsWith(REMOTE)) return words.slice(REMOTE.size());
  if (e.getType() == kj::Exception::Type::OVERLOADED) return "it does not answer in time";
  return words;
}

bool isOfTheWay(const kj::Exception& e) {
  return e.getType() != kj::Exception::Type::FAILED;
}

}  // namespace

KnownWay::KnownWay(const Settings::Way& settings, kj::Own<WayServer> where, kj::Own<Way> made)
    : name(kj::str(settings.name)),
      where(kj::mv(where)),
      way(kj::mv(made)),
      type(toText(settings.type)),
      server(settings.server.toString()),
      led(settings.via.size() > 0),
      sinceNs(wallNs()) {}

template <typename T>
kj::Promise<T> KnownWay::noted(kj::Timer& timer, kj::Promise<T> opening) {
  uint64_t began = monotonicNs();
  return timer.timeoutAfter(OPEN_WITHIN, kj::mv(opening))
      .then(
          [this, began](T&& opened) -> kj::Promise<T> {
            took(double(monotonicNs() - began) / 1e6);
            return kj::Promise<T>(kj::mv(opened));
          },
          [this](kj::Exception&& e) -> kj::Promise<T> {
            failures++;
            if (isOfTheWay(e))
              failed(e);
            else
              good();
            return kj::mv(e);
          });
}

kj::Promise<kj::Own<kj::AsyncIoStream>> KnownWay::open(kj::Timer& timer, const Target& target) {
  return noted(timer, way->open(target));
}

kj::Promise<kj::Own<Datagrams>> KnownWay::associate(kj::Timer& timer) {
  return noted(timer, way->associate());
}

kj::Promise<double> KnownWay::test(kj::Timer& timer, const kj::Maybe<Target>& target) {
  uint64_t began = monotonicNs();
  kj::Promise<void> tried = nullptr;
  KJ_IF_MAYBE (where, target)
    tried = open(timer, *where).ignoreResult();
  else
    tried = noted(timer, way->probe().then([]() { return Probed(); })).ignoreResult();
  return tried.then([began]() { return double(monotonicNs() - began) / 1e6; },
                    [](kj::Exception&& e) -> double {
                      kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__,
                                                            __LINE__, kj::str(reasonOf(e))));
                    });
}

void KnownWay::took(double ms) {
  latencyMs = latencyMs == 0 ? ms : latencyMs + SMOOTHING * (ms - latencyMs);
  opened++;
  good();
}

void KnownWay::begin(kj::Timer& timer) {
  if (led) return;
  probing = true;
  probe = timer.timeoutAfter(PROBE_WITHIN, where->find())
              .catch_([this](kj::Exception&& e) { failed(e); })
              .then([this]() { probing = false; })
              .eagerlyEvaluate(nullptr);
}

void KnownWay::lookAfter(kj::Timer& timer) {
  if (!failing() || probing) return;
  probing = true;
  probe = timer.timeoutAfter(PROBE_WITHIN, way->probe())
              .then([this]() { good(); }, [this](kj::Exception&& e) { failed(e); })
              .then([this]() { probing = false; })
              .eagerlyEvaluate(nullptr);
}

void KnownWay::good() {
  if (state == State::GOOD) return;
  if (state == State::FAILING) log::info(kj::str("the way \"", name, "\" works again"));
  state = State::GOOD;
  reason = kj::String();
  sinceNs = wallNs();
}

void KnownWay::failed(const kj::Exception& e) {
  auto why = reasonOf(e);
  if (state != State::FAILING) {
    log::warning(kj::str("the way \"", name, "\" (", server, ") fails: ", why));
    state = State::FAILING;
    sinceNs = wallNs();
  }
  reason = kj::str(why);
}

void KnownWay::fill(proto::view::GateWay::Builder view) const {
  view.setName(name);
  view.setType(type);
  view.setServer(server);
  kj::String address;
  if (!led)
    KJ_IF_MAYBE (reached, where->reached()) address = reached->toString();
  view.setAddress(address);
  view.setState(state == State::GOOD      ? "good"
                : state == State::FAILING ? "failing"
                                          : "not used yet");
  view.setReason(reason);
  view.setSince(rfc3339(sinceNs));
  view.setLatency(latencyMs);
  view.setStreams(double(streams));
  view.setOpened(double(opened));
  view.setFailures(double(failures));
  view.setBytesOut(double(traffic.out));
  view.setBytesIn(double(traffic.in));
  view.setRateOut(throughput.outPerSecond());
  view.setRateIn(throughput.inPerSecond());
}

Ways::Ways(kj::UnixEventPort& port, kj::Timer& timer, ServerNames& names,
           kj::ArrayPtr<const Settings::Way> settings)
    : timer(timer) {
  for (auto& one : settings) {
    kj::Maybe<Way&> via;
    KJ_IF_MAYBE (other, find(one.via)) via = other->plain();
    auto server = kj::heap<WayServer>(port, timer, names, one.server);
    auto way = makeWay(port, timer, one, *server, via);
    ways.add(kj::heap<KnownWay>(one, kj::mv(server), kj::mv(way)));
  }
}

kj::Maybe<KnownWay&> Ways::find(kj::StringPtr name) {
  for (auto& way : ways)
    if (way->name == name) return *way;
  return nullptr;
}

kj::Vector<KnownWay*> Ways::inOrder(kj::ArrayPtr<const kj::String> wanted) {
  kj::Vector<KnownWay*> good, failing;
  for (auto& word : wanted)
    for (auto& way : ways)
      if (way->name == word) (way->failing() ? failing : good).add(way.get());
  if (wanted.size() == 0 && !ways.empty()) good.add(ways[0].get());
  good.addAll(failing);
  return good;
}

kj::Promise<Ways::Opened> Ways::open(kj::ArrayPtr<const kj::String> wanted, const Target& target) {
  return byTheFirst<Opened>(inOrder(wanted), 0, [this, target = target.clone()](KnownWay& way) {
    return way.open(timer, target).then([&way](kj::Own<kj::AsyncIoStream> stream) {
      return Opened{way, kj::mv(stream)};
    });
  });
}

kj::Promise<Ways::Associated> Ways::associate(kj::ArrayPtr<const kj::String> wanted) {
  return byTheFirst<Associated>(inOrder(wanted), 0, [this](KnownWay& way) {
    return way.associate(timer).then([&way](kj::Own<Datagrams> datagrams) {
      return Associated{way, kj::mv(datagrams)};
    });
  });
}

template <typename Result, typename Open>
kj::Promise<Result> Ways::byTheFirst(kj::Vector<KnownWay*> candidates, size_t at, Open open) {
  if (candidates.empty())
    return KJ_EXCEPTION(FAILED, "there is no such way: name one as [[gate.way]] in portreeve.toml");
  auto& way = *candidates[at];
  auto opening = open(way);
  return opening.catch_([this, &way, candidates = kj::mv(candidates), at,
                         open = kj::mv(open)](kj::Exception&& e) mutable -> kj::Promise<Result> {
    if (isOfTheWay(e) && at + 1 < candidates.size())
      return byTheFirst<Result>(kj::mv(candidates), at + 1, kj::mv(open));
    return kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                         kj::str(way.name, ": ", reasonOf(e)));
  });
}

kj::Promise<void> Ways::run() {
  for (auto& way : ways) way->begin(timer);
  return tick();
}

kj::Promise<void> Ways::tick() {
  return timer.afterDelay(TICK).then([this]() {
    ticks++;
    for (auto& way : ways) {
      way->tick();
      if (ticks % TICKS_A_PROBE == 0) way->lookAfter(timer);
    }
    return tick();
  });
}

kj::String Ways::problem() const {
  kj::Vector<kj::String> failing;
  for (auto& way : ways)
    if (way->failing()) failing.add(kj::str(way->name));
  if (failing.empty()) return kj::String();
  return kj::str("what would go by ", kj::strArray(failing, ", "),
                 " is blocked: `portreeve gate status` says why");
}

}  // namespace portreeve::gate17
