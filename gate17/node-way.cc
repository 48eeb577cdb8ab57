// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node-way.h"

#include "common/address-message.h"
#include "gate17/byte-stream.h"
#include "gate17/packet-stream.h"

#include <kj/debug.h>

namespace portreeve::gate17 {

struct NodeWay::Connection final : public kj::Refcounted {
  size_t streams = 0;
  bool gone = false;
  NodeLink link;
  proto::Node::Client node;
  kj::Promise<void> watching;

  explicit Connection(kj::Own<kj::AsyncIoStream> stream)
      : link(kj::mv(stream), streams),
        node(link.bootstrap().castAs<proto::Node>()),
        watching(link.whenGone().then([this]() { gone = true; }).eagerlyEvaluate(nullptr)) {}

  kj::Own<Connection> addRef() { return kj::addRef(*this); }
  kj::Own<Connection> used() {
    streams++;
    return kj::addRef(*this);
  }
};

namespace {

template <typename Connection>
auto release(kj::Own<Connection> connection) {
  return kj::defer([connection = kj::mv(connection)]() mutable { connection->streams--; });
}

}  // namespace

NodeWay::NodeWay(kj::Timer& timer, Dial dial, const PrivateKey& own, kj::String key)
    : timer(timer),
      dial(kj::mv(dial)),
      nodeKey(kj::mv(key)),
      tls(own, [this](kj::StringPtr shown, kj::AsyncIoStream&) { return shown == nodeKey; }) {}

NodeWay::~NodeWay() noexcept(false) = default;

kj::Promise<kj::Own<NodeWay::Connection>> NodeWay::connection() {
  KJ_IF_MAYBE (known, current) {
    if (!(*known)->gone) return kj::addRef(**known);
    current = nullptr;
  }
  if (!dialling) {
    dialling = true;
    coming = connect().fork();
  }
  return coming.addBranch().then([this]() -> kj::Promise<kj::Own<Connection>> {
    KJ_IF_MAYBE (made, current) return kj::addRef(**made);
    return KJ_EXCEPTION(DISCONNECTED, "the node broke off");
  });
}

kj::Promise<void> NodeWay::connect() {
  auto made =
      kj::evalNow([this]() {
        return dial();
      }).then([this](kj::Own<kj::AsyncIoStream> stream) {
          return tls.connect(kj::mv(stream));
        }).then([](kj::Own<TlsStream> stream) {
        auto fresh = kj::refcounted<Connection>(kj::mv(stream));
        // In TLS 1.3 a client learns only now whether it was let in.
        auto greeted = fresh->node.pingRequest().send().ignoreResult();
        return greeted.then([fresh = kj::mv(fresh)]() mutable { return kj::mv(fresh); });
      });
  return timer.timeoutAfter(CONNECT_WITHIN, kj::mv(made))
      .then(
          [this](kj::Own<Connection> fresh) {
            dialling = false;
            current = kj::mv(fresh);
          },
          [this](kj::Exception&& e) {
            dialling = false;
            // Whatever it was, the node is of no use now.
            bool late = e.getType() == kj::Exception::Type::OVERLOADED;
            kj::throwFatalException(
                kj::Exception(kj::Exception::Type::DISCONNECTED, e.getFile(), e.getLine(),
                              kj::str(late ? "it does not answer in time"_kj
                                           : kj::StringPtr(e.getDescription()))));
          });
}

kj::Promise<kj::Own<kj::AsyncIoStream>> NodeWay::open(const Target& target) {
  return connection().then([target = target.clone()](kj::Own<Connection> connection) {
    auto incoming = kj::refcounted<IncomingBytes>();
    auto request = connection->node.connectRequest();
    request.setName(target.name);
    toMessage(target.address, request.initAddress());
    request.setPort(target.port);
    request.setBack(makeSink(kj::addRef(*incoming)));
    return request.send().then([incoming = kj::mv(incoming), connection = kj::mv(connection)](
                                   auto&& answer) mutable -> kj::Own<kj::AsyncIoStream> {
      auto used = connection->used();
      return kj::heap<ByteStream>(kj::mv(incoming), answer.getOut()).attach(release(kj::mv(used)));
    });
  });
}

kj::Promise<kj::Own<Datagrams>> NodeWay::associate() {
  return connection().then([](kj::Own<Connection> connection) {
    auto incoming = kj::refcounted<IncomingPackets>();
    auto request = connection->node.associateRequest();
    request.setBack(makeSink(kj::addRef(*incoming)));
    return request.send().then([incoming = kj::mv(incoming), connection = kj::mv(connection)](
                                   auto&& answer) mutable -> kj::Own<Datagrams> {
      auto used = connection->used();
      return kj::heap<PacketStream>(kj::mv(incoming), answer.getOut())
          .attach(release(kj::mv(used)));
    });
  });
}

kj::Promise<void> NodeWay::probe() {
  return connection().then([](kj::Own<Connection> connection) {
    auto answered = connection->node.pingRequest().send().ignoreResult();
    return answered.attach(kj::mv(connection));
  });
}

}  // namespace portreeve::gate17
