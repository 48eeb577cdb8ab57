// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node.h"

#include "common/address-message.h"
#include "common/log.h"
#include "gate17/byte-stream.h"
#include "gate17/exit-packets.h"
#include "gate17/relay.h"
#include "gate17/socket.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr auto CONNECT_WITHIN = 10 * kj::SECONDS;

kj::Exception refusal(kj::StringPtr why) {
  return kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::str(why));
}

class NodeServer final : public proto::Node::Server, private kj::TaskSet::ErrorHandler {
public:
  NodeServer(const NodeParts& parts, NodeUse& use) : parts(parts), use(use), tasks(*this) {}

  kj::Promise<void> connect(ConnectContext context) override {
    auto asked = context.getParams();
    KJ_REQUIRE(asked.getName().size() <= LONGEST_NAME, "the name is too long");
    if (use.streams >= MOST_STREAMS) {
      use.refused++;
      return KJ_EXCEPTION(OVERLOADED, "too many streams");
    }
    use.streams++;
    auto counted = kj::defer([this]() { use.streams--; });
    Target target{kj::str(asked.getName()), fromMessage(asked.getAddress()), asked.getPort()};
    return parts.lookups.find(target)
        .then(
            [this](kj::Vector<SocketAddress> found) {
              kj::Vector<SocketAddress> allowed;
              for (auto& one : found)
                if (parts.rules.allow(one)) allowed.add(one);
              return reach(kj::mv(allowed), 0);
            },
            [this](kj::Exception&& e) -> kj::Promise<kj::Own<Socket>> {
              use.failed++;
              return kj::mv(e);
            })
        .then([this, context, counted = kj::mv(counted)](kj::Own<Socket> socket) mutable {
          use.opened++;
          auto incoming = kj::refcounted<IncomingBytes>();
          context.getResults().setOut(makeSink(kj::addRef(*incoming)));
          auto client = kj::heap<ByteStream>(kj::mv(incoming), context.getParams().getBack());
          // Until both have ended well, none of them has.
          socket->reset();
          auto carried = relay({parts.timer, parts.transfer}, *client, *socket, use.traffic)
                             .then([&socket = *socket]() { socket.endWell(); });
          tasks.add(carried.attach(kj::mv(client), kj::mv(socket), kj::mv(counted)));
        });
  }

  kj::Promise<void> associate(AssociateContext context) override {
    if (use.streams >= MOST_STREAMS) {
      use.refused++;
      return KJ_EXCEPTION(OVERLOADED, "too many streams");
    }
    use.opened++;
    context.getResults().setOut(makeExitPackets(parts, use, context.getParams().getBack()));
    return kj::READY_NOW;
  }

  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }

private:
  const NodeParts& parts;
  NodeUse& use;
  kj::TaskSet tasks;

  kj::Promise<kj::Own<Socket>> reach(kj::Vector<SocketAddress> candidates, size_t at) {
    if (candidates.empty()) {
      use.refused++;
      return refusal("the node's rules do not let that out");
    }
    auto tried =
        parts.timer.timeoutAfter(CONNECT_WITHIN, Socket::connect(parts.port, candidates[at]));
    return tried.catch_([this, candidates = kj::mv(candidates),
                         at](kj::Exception&& e) mutable -> kj::Promise<kj::Own<Socket>> {
      if (at + 1 < candidates.size()) return reach(kj::mv(candidates), at + 1);
      use.failed++;
      if (e.getType() == kj::Exception::Type::OVERLOADED) return refusal("nobody answers there");
      return refusal(e.getDescription());
    });
  }

  void taskFailed(kj::Exception&& e) override {
    log::debug(kj::str("a stream: ", e.getDescription()));
  }
};

}  // namespace

proto::Node::Client makeNode(const NodeParts& parts, NodeUse& use) {
  return kj::heap<NodeServer>(parts, use);
}

}  // namespace portreeve::gate17
