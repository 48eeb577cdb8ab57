// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/rpc-server.h"

#include "common/log.h"

#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>
#include <unistd.h>

#include <map>

namespace portreeve {
namespace {

constexpr uint MAX_FDS_PER_MESSAGE = 4;

enum class Peers { ENTITLED, PEOPLE };

capnp::ReaderOptions limits(Peers peers) {
  // The library holds what it sends to the same limit as what it receives, and whoever may observe
  // gets long lists: as long as a client takes (rpc-client.cc).
  capnp::ReaderOptions options;
  size_t bytes = peers == Peers::ENTITLED ? 16 << 20 : 1 << 20;
  options.traversalLimitInWords = bytes / sizeof(capnp::word);
  options.nestingLimit = 32;
  return options;
}

struct Connection {
  kj::Own<kj::AsyncCapabilityStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;

  Connection(kj::Own<kj::AsyncCapabilityStream> accepted, capnp::Capability::Client bootstrap,
             Peers peers)
      : stream(kj::mv(accepted)),
        network(*stream, MAX_FDS_PER_MESSAGE, capnp::rpc::twoparty::Side::SERVER, limits(peers)),
        system(capnp::makeRpcServer(network, kj::mv(bootstrap))) {}
};

}  // namespace

struct RpcServer::Impl final : public kj::TaskSet::ErrorHandler {
  kj::LowLevelAsyncIoProvider& provider;
  const Accounts& accounts;
  BootstrapFactory factory;
  kj::Own<kj::ConnectionReceiver> receiver;
  Admits admits;
  uint open = 0;
  uint openOfPeople = 0;
  std::map<uid_t, uint> openOf;  // people who may not observe
  kj::TaskSet connections;

  Impl(kj::LowLevelAsyncIoProvider& provider, int listenFd, const Accounts& accounts,
       BootstrapFactory factory, Admits admits)
      : provider(provider),
        accounts(accounts),
        factory(kj::mv(factory)),
        receiver(provider.wrapListenSocketFd(listenFd, filter,
                                             kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP)),
        admits(admits),
        connections(*this) {}

  class AllowAll final : public kj::LowLevelAsyncIoProvider::NetworkFilter {
  public:
    bool shouldAllow(const struct sockaddr*, uint) override { return true; }
  };
  static AllowAll filter;

  kj::Promise<void> acceptNext() {
    return receiver->accept().then([this](kj::Own<kj::AsyncIoStream> stream) {
      admit(kj::mv(stream));
      return acceptNext();
    });
  }

  void admit(kj::Own<kj::AsyncIoStream> stream) {
    KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { serveOne(kj::mv(stream)); })) {
      log::exception("accepting an RPC connection", *problem);
    }
  }

  void serveOne(kj::Own<kj::AsyncIoStream> stream) {
    if (open >= MOST) {
      log::warning("RPC: too many connections, one was closed at once");
      return;
    }
    auto fd = KJ_ASSERT_NONNULL(stream->getFd());
    Entitlement entitlement(Peer::of(fd), accounts);
    uid_t uid = entitlement.peer().uid;
    bool ofPeople = !entitlement.mayObserve();
    if (ofPeople && !admitsPerson(uid)) {
      // Closed before a byte of theirs is read: who is entitled to nothing reaches no parser.
      log::debug(kj::str("RPC: ", entitlement.peer().toString(), " is entitled to nothing here"));
      return;
    }
    auto connection = kj::heap<Connection>(stream.downcast<kj::AsyncCapabilityStream>(),
                                           factory(kj::mv(entitlement)),
                                           ofPeople ? Peers::PEOPLE : Peers::ENTITLED);
    count(ofPeople, uid, 1);
    auto gone = connection->network.onDisconnect();
    connections.add(gone.attach(kj::mv(connection),
                                kj::defer([this, ofPeople, uid]() { count(ofPeople, uid, -1); })));
  }

  bool admitsPerson(uid_t uid) const {
    if (admits != Admits::PEOPLE || !isPerson(uid) || openOfPeople >= MOST_OF_PEOPLE) return false;
    auto own = openOf.find(uid);
    return own == openOf.end() || own->second < MOST_OF_PERSON;
  }

  void count(bool ofPeople, uid_t uid, int by) {
    open += uint(by);
    if (!ofPeople) return;
    openOfPeople += uint(by);
    if ((openOf[uid] += uint(by)) == 0) openOf.erase(uid);
  }

  void taskFailed(kj::Exception&& e) override { log::exception("RPC connection", e); }
};

RpcServer::Impl::AllowAll RpcServer::Impl::filter;

RpcServer::RpcServer(kj::LowLevelAsyncIoProvider& provider, int listenFd, const Accounts& accounts,
                     BootstrapFactory factory, Admits admits)
    : impl(kj::heap<Impl>(provider, listenFd, accounts, kj::mv(factory), admits)) {}
RpcServer::~RpcServer() noexcept(false) = default;

kj::Promise<void> RpcServer::serve() {
  return impl->acceptNext();
}

}  // namespace portreeve
