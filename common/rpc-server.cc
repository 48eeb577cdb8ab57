// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/rpc-server.h"

#include "common/log.h"

#include <capnp/rpc-twoparty.h>
#include <capnp/serialize-async.h>
#include <kj/debug.h>
#include <unistd.h>

#include <map>

namespace portreeve {
namespace {

constexpr uint MAX_FDS_PER_MESSAGE = 4;

capnp::ReaderOptions limitedTo(size_t bytes) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = bytes / sizeof(capnp::word);
  options.nestingLimit = 32;
  return options;
}

class Inlet final : public capnp::MessageStream {
  // The network has one limit for both ways: what it sends must not be longer either. Answers are
  // long lists; what comes in is short, and from peers that are trusted less.
public:
  explicit Inlet(kj::AsyncCapabilityStream& stream) : inner(stream) {}

  kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> tryReadMessage(
      kj::ArrayPtr<kj::AutoCloseFd> fds, capnp::ReaderOptions,
      kj::ArrayPtr<capnp::word> scratch) override {
    return inner.tryReadMessage(fds, limitedTo(LONGEST_IN), scratch);
  }
  kj::Promise<void> writeMessage(
      kj::ArrayPtr<const int> fds,
      kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) override {
    return inner.writeMessage(fds, segments);
  }
  kj::Promise<void> writeMessages(
      kj::ArrayPtr<kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>> messages) override {
    return inner.writeMessages(messages);
  }
  kj::Maybe<int> getSendBufferSize() override { return inner.getSendBufferSize(); }
  kj::Promise<void> end() override { return inner.end(); }

private:
  static constexpr size_t LONGEST_IN = 1 << 20;  // no peer of this suite has more to say at once
  capnp::AsyncCapabilityMessageStream inner;
};

struct Connection {
  static constexpr size_t LONGEST_OUT = 16 << 20;  // as much as common/rpc-client.h reads
  kj::Own<kj::AsyncCapabilityStream> stream;
  Inlet inlet;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;

  Connection(kj::Own<kj::AsyncCapabilityStream> accepted, capnp::Capability::Client bootstrap)
      : stream(kj::mv(accepted)),
        inlet(*stream),
        network(inlet, MAX_FDS_PER_MESSAGE, capnp::rpc::twoparty::Side::SERVER,
                limitedTo(LONGEST_OUT)),
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
                                           factory(kj::mv(entitlement)));
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
