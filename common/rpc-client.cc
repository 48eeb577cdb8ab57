// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/rpc-client.h"

#include "common/log.h"
#include "common/unix-dial.h"

#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <sys/socket.h>

namespace portreeve {
namespace {

constexpr auto FIRST_DELAY = 10 * kj::MILLISECONDS;
constexpr auto LONGEST_DELAY = 1 * kj::SECONDS;
constexpr uint MAX_FDS_PER_MESSAGE = 4;

capnp::ReaderOptions limits() {
  // Answers may be long lists (connections, conntrack pages): 16 MiB.
  capnp::ReaderOptions options;
  options.traversalLimitInWords = (16 << 20) / sizeof(capnp::word);
  return options;
}

struct Link {
  kj::Own<kj::AsyncCapabilityStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;

  Link(kj::LowLevelAsyncIoProvider& provider, kj::AutoCloseFd fd)
      : stream(provider.wrapUnixSocketFd(kj::mv(fd))),
        network(*stream, MAX_FDS_PER_MESSAGE, capnp::rpc::twoparty::Side::CLIENT, limits()),
        system(capnp::makeRpcClient(network)) {}

  capnp::Capability::Client bootstrap() {
    capnp::word scratch[8]{};
    capnp::MallocMessageBuilder message(scratch);
    auto id = message.getRoot<capnp::rpc::twoparty::VatId>();
    id.setSide(capnp::rpc::twoparty::Side::SERVER);
    return system.bootstrap(id);
  }
};

class OneConnectionImpl final : public OneConnection {
public:
  OneConnectionImpl(kj::LowLevelAsyncIoProvider& provider, kj::AutoCloseFd fd)
      : link(provider, kj::mv(fd)) {}
  capnp::Capability::Client bootstrap() override { return link.bootstrap(); }
  kj::Promise<void> whenGone() override { return link.network.onDisconnect(); }

private:
  Link link;
};

}  // namespace

struct PeerConnection::Impl final : public kj::TaskSet::ErrorHandler {
  kj::LowLevelAsyncIoProvider& provider;
  kj::Timer& timer;
  kj::String path;
  OnConnected onConnected;
  kj::Maybe<kj::Own<Link>> link;
  kj::Maybe<capnp::Capability::Client> held;
  bool up = false;
  bool saidAway = false;
  kj::Duration delay = FIRST_DELAY;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  kj::TaskSet tasks;  // last: destroyed first, before what its tasks use

  Impl(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, kj::StringPtr path,
       OnConnected onConnected)
      : provider(provider),
        timer(timer),
        path(kj::str(path)),
        onConnected(kj::mv(onConnected)),
        tasks(*this) {
    tasks.add(kj::evalLater([this]() { return keepConnected(); }));
  }

  kj::Promise<void> keepConnected() {
    return kj::evalNow([this]() { return oneLife(); })
        .then([]() {}, [this](kj::Exception&& e) { away(e); })
        .then([this]() {
          forget();
          auto pause = delay;
          delay = kj::min(delay * 2, LONGEST_DELAY);
          return timer.afterDelay(pause);
        })
        .then([this]() { return keepConnected(); });
  }

  kj::Promise<void> oneLife() {
    auto fresh = kj::heap<Link>(provider, dialUnix(path, SOCK_STREAM));
    auto bootstrap = fresh->bootstrap();
    auto gone = fresh->network.onDisconnect();
    link = kj::mv(fresh);
    held = bootstrap;
    auto established = onConnected(kj::mv(bootstrap)).then([this]() { establish(); });
    // Whichever comes first: the peer goes, or re-establishing fails. Success waits for the peer to
    // go.
    return established.then([]() -> kj::Promise<void> { return kj::NEVER_DONE; })
        .exclusiveJoin(kj::mv(gone));
  }

  void establish() {
    if (saidAway) log::info(kj::str(path, ": connected again"));
    saidAway = false;
    up = true;
    delay = FIRST_DELAY;
    for (auto& one : waiting) one->fulfill();
    waiting.clear();
  }

  void away(const kj::Exception& e) {
    if (saidAway) return;  // once per absence, not once per attempt
    saidAway = true;
    log::exception(kj::str("connection to ", path), e);
  }

  void forget() {
    if (up && !saidAway) {
      log::info(kj::str(path, ": the peer has gone, dialling again"));
      saidAway = true;
    }
    up = false;
    held = nullptr;
    link = nullptr;
  }

  void taskFailed(kj::Exception&& e) override {
    log::exception(kj::str("connection to ", path), e);
  }
};

PeerConnection::PeerConnection(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                               kj::StringPtr path, OnConnected onConnected)
    : impl(kj::heap<Impl>(provider, timer, path, kj::mv(onConnected))) {}
PeerConnection::~PeerConnection() noexcept(false) = default;

bool PeerConnection::connected() const {
  return impl->up;
}

kj::Maybe<capnp::Capability::Client> PeerConnection::bootstrap() {
  KJ_IF_MAYBE (client, impl->held) {
    return *client;
  }
  return nullptr;
}

kj::Promise<void> PeerConnection::whenConnected() {
  if (impl->up) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  impl->waiting.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

kj::Promise<kj::Own<OneConnection>> OneConnection::dial(kj::LowLevelAsyncIoProvider& provider,
                                                        kj::StringPtr path) {
  return kj::evalNow([&]() -> kj::Own<OneConnection> {
    return kj::heap<OneConnectionImpl>(provider, dialUnix(path, SOCK_STREAM));
  });
}

}  // namespace portreeve
