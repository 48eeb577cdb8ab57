// SPDX-License-Identifier: GPL-3.0-or-later
// What others write to the gate or to a node: SOCKS5 from either side, a proxy's answer, the RPC of
// a node. The first byte says which.
#include "tests/fuzz/fuzz-target.h"

#include "gate17/http-way.h"
#include "gate17/node-link.h"
#include "gate17/socks5-client.h"
#include "gate17/socks5-datagrams.h"
#include "gate17/socks5-server.h"
#include "proto/gate-node.capnp.h"

#include <kj/async-io.h>
#include <kj/debug.h>

namespace {

using namespace portreeve;
using namespace portreeve::gate17;

struct Peer {
  // Says the input, then goes; what it is told it reads and forgets.
  kj::EventLoop loop;
  kj::WaitScope wait{loop};
  kj::TwoWayPipe pipe = kj::newTwoWayPipe();
  kj::Promise<void> saying = nullptr;
  kj::Promise<void> hearing = nullptr;

  explicit Peer(kj::ArrayPtr<const kj::byte> input) {
    auto& end = *pipe.ends[1];
    saying = end.write(input.begin(), input.size())
                 .then([&end]() { end.shutdownWrite(); })
                 .eagerlyEvaluate([](kj::Exception&&) {});
    hearing = end.readAllBytes(1 << 20).ignoreResult().eagerlyEvaluate([](kj::Exception&&) {});
  }
  kj::AsyncIoStream& stream() { return *pipe.ends[0]; }
};

class Nobody final : public proto::Node::Server {
  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }
};

template <typename T>
void ends(kj::Promise<T> promise, kj::WaitScope& wait) {
  // Whatever was said, it is over when the peer has gone.
  kj::runCatchingExceptions([&]() { promise.wait(wait); });
}

void datagrams(kj::ArrayPtr<const kj::byte> input) {
  KJ_IF_MAYBE (parsed, socks5::parseDatagram(input)) {
    require(parsed->bytes.end() == input.end());
    auto again = socks5::datagram(parsed->peer, parsed->bytes);
    auto second = socks5::parseDatagram(again);
    KJ_IF_MAYBE (same, second)
      require(same->peer.toString() == parsed->peer.toString());
    else
      require(false);
  }
}

void rpc(kj::ArrayPtr<const kj::byte> input) {
  Peer peer(input);
  size_t streams = 0;
  NodeLink link(kj::mv(peer.pipe.ends[0]), streams, capnp::rpc::twoparty::Side::SERVER,
                kj::heap<Nobody>());
  ends(link.whenGone(), peer.wait);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto input = kj::arrayPtr(data + 1, size - 1);
  if (data[0] % 5 == 0) {
    datagrams(input);
  } else if (data[0] % 5 == 4) {
    rpc(input);
  } else {
    Peer peer(input);
    Target target{kj::str("a.example"), {}, 80};
    kj::Maybe<socks5::Credentials> known = socks5::Credentials{kj::str("u"), kj::str("p")};
    if (data[0] % 5 == 1)
      ends(socks5::hear(peer.stream()), peer.wait);
    else if (data[0] % 5 == 2)
      ends(socks5::authenticate(peer.stream(), known).then([&]() {
        return socks5::ask(peer.stream(), socks5::Command::CONNECT, target);
      }),
           peer.wait);
    else
      ends(http::askConnect(peer.stream(), http::connectRequest(target, known)), peer.wait);
  }
  return 0;
}
