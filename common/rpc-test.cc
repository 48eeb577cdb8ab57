// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/rpc-client.h"
#include "common/rpc-server.h"
#include "proto/daemon.capnp.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace portreeve {
namespace {

constexpr uint LONG_ANSWER = 9 << 20;

class Echo final : public proto::Daemon::Server {
public:
  kj::Promise<void> versions(VersionsContext context) override {
    context.getResults().setMin(1);
    context.getResults().setMax(2);
    return kj::READY_NOW;
  }
  kj::Promise<void> status(StatusContext context) override {
    context.getResults().initStatuses(1)[0].initState(LONG_ANSWER);
    return kj::READY_NOW;
  }
};

struct TemporaryFolder {
  kj::String path;
  TemporaryFolder() {
    char name[] = "/tmp/portreeve-test-XXXXXX";
    KJ_ASSERT(mkdtemp(name) != nullptr);
    path = kj::str(static_cast<const char*>(name));
  }
  ~TemporaryFolder() {
    unlink(socket().cStr());
    rmdir(path.cStr());
  }
  kj::String socket() const { return kj::str(path, "/test.sock"); }
};

kj::AutoCloseFd listenOn(kj::StringPtr path) {
  unlink(path.cStr());
  int fd;
  KJ_SYSCALL(fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd result(fd);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.begin(), path.size());
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
  KJ_SYSCALL(listen(fd, 16));
  return result;
}

struct Served {
  // A server that can be ended and started again on the same path.
  kj::AsyncIoContext& io;
  Accounts accounts = Accounts::read();
  kj::AutoCloseFd fd;
  kj::Vector<uid_t> seen;
  RpcServer server;
  kj::Promise<void> serving;

  Served(kj::AsyncIoContext& io, kj::StringPtr path)
      : io(io),
        fd(listenOn(path)),
        server(*io.lowLevelProvider, dup(fd), accounts,
               [this](Entitlement who) -> capnp::Capability::Client {
                 seen.add(who.peer().uid);
                 return proto::Daemon::Client(kj::heap<Echo>());
               }),
        serving(server.serve().eagerlyEvaluate(
            [](kj::Exception&& e) { FAIL_CHECK(kj::str(e).cStr()); })) {}
};

TEST_CASE("a server learns who connected, and a client gets its bootstrap") {
  TemporaryFolder folder;
  auto io = kj::setupAsyncIo();
  Served served(io, folder.socket());
  auto connection = OneConnection::dial(*io.lowLevelProvider, folder.socket()).wait(io.waitScope);
  auto daemon = connection->bootstrap().castAs<proto::Daemon>();
  CHECK(daemon.versionsRequest().send().wait(io.waitScope).getMax() == 2);
  REQUIRE(served.seen.size() == 1);
  CHECK(served.seen[0] == getuid());
}

TEST_CASE("whoever may observe gets answers of many megabytes") {
  TemporaryFolder folder;
  auto io = kj::setupAsyncIo();
  Served served(io, folder.socket());
  auto connection = OneConnection::dial(*io.lowLevelProvider, folder.socket()).wait(io.waitScope);
  auto daemon = connection->bootstrap().castAs<proto::Daemon>();
  auto answer = daemon.statusRequest().send().wait(io.waitScope);
  CHECK(answer.getStatuses()[0].getState().size() == LONG_ANSWER);
}

TEST_CASE("dialling a socket where nobody listens is DISCONNECTED and names the path") {
  TemporaryFolder folder;
  auto io = kj::setupAsyncIo();
  auto problem = kj::runCatchingExceptions(
      [&]() { OneConnection::dial(*io.lowLevelProvider, folder.socket()).wait(io.waitScope); });
  auto& e = KJ_ASSERT_NONNULL(problem);
  CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
  CHECK(e.getDescription().startsWith(folder.socket()));
}

TEST_CASE("a peer that dies is dialled again, and its owner re-establishes its state") {
  TemporaryFolder folder;
  auto io = kj::setupAsyncIo();
  auto first = kj::heap<Served>(io, folder.socket());
  uint established = 0;
  PeerConnection peer(*io.lowLevelProvider, io.provider->getTimer(), folder.socket(),
                      [&](capnp::Capability::Client bootstrap) {
                        return bootstrap.castAs<proto::Daemon>().versionsRequest().send().then(
                            [&](auto&&) { established++; });
                      });
  peer.whenConnected().wait(io.waitScope);
  CHECK(peer.connected());
  CHECK(established == 1);

  first = nullptr;
  auto second = kj::heap<Served>(io, folder.socket());
  // The loss is noticed by the event loop; then it dials after 10 ms.
  while (established < 2)
    io.provider->getTimer().afterDelay(5 * kj::MILLISECONDS).wait(io.waitScope);
  peer.whenConnected().wait(io.waitScope);
  CHECK(established == 2);
  CHECK(peer.bootstrap() != nullptr);
}

TEST_CASE("a connection whose re-establishing fails is not called connected") {
  TemporaryFolder folder;
  auto io = kj::setupAsyncIo();
  Served served(io, folder.socket());
  uint attempts = 0;
  PeerConnection peer(*io.lowLevelProvider, io.provider->getTimer(), folder.socket(),
                      [&](capnp::Capability::Client) -> kj::Promise<void> {
                        attempts++;
                        return KJ_EXCEPTION(FAILED, "not today");
                      });
  while (attempts < 3) io.provider->getTimer().afterDelay(5 * kj::MILLISECONDS).wait(io.waitScope);
  CHECK_FALSE(peer.connected());
}

}  // namespace
}  // namespace portreeve
