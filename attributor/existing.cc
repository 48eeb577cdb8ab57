// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/existing.h"

#include "attributor/policy-arrow.h"
#include "common/clock.h"

#include <map>
#include <unordered_map>

namespace portreeve::attributor {
namespace {

constexpr size_t NAMED_AT_A_TIME = 32;  // questions to the reader
constexpr size_t PAGE_WORDS = (768 << 10) / sizeof(capnp::word);
// A server of the suite sends no message above 1 MiB (common/rpc-server.h).

struct TupleHash {
  size_t operator()(const Tuple& tuple) const { return size_t(tuple.hashCode()); }
};

bool isConnected(const DiagSocket& socket) {
  return socket.tuple.destinationPort != 0 && socket.state != STATE_LISTEN &&
         socket.state != STATE_CLOSE;
}

class Listeners {
  // By protocol and port, and by address where it is bound to one.
public:
  void add(const DiagSocket& socket) {
    auto& tuple = socket.tuple;
    if (tuple.source.isUnspecified())
      anywhere.emplace(portOf(tuple), socket);
    else
      bound.emplace(boundTo(tuple), socket);
  }
  kj::Maybe<const DiagSocket&> of(const DiagSocket& socket) const {
    auto exact = bound.find(boundTo(socket.tuple));
    if (exact != bound.end()) return exact->second;
    auto any = anywhere.find(portOf(socket.tuple));
    if (any != anywhere.end()) return any->second;
    return nullptr;
  }

private:
  using Bound = std::pair<uint32_t, Address>;
  std::map<Bound, DiagSocket> bound;
  std::map<uint32_t, DiagSocket> anywhere;

  static uint32_t portOf(const Tuple& tuple) {
    return uint32_t(tuple.protocol) << 16 | tuple.sourcePort;
  }
  static Bound boundTo(const Tuple& tuple) { return {portOf(tuple), tuple.source}; }
};

ArrivedPacket packetFor(const ExistingFlow& flow) {
  // As a packet of that hook would say it.
  ArrivedPacket packet;
  packet.hook = flow.hook;
  packet.arrived = monotonicNs();
  auto& tuple = flow.socket.tuple;
  packet.header.tuple = flow.hook == proto::Hook::INPUT ? tuple.reversed() : tuple;
  packet.uid = flow.socket.uid;
  return packet;
}

}  // namespace

kj::Vector<ExistingFlow> connectionsAmong(kj::ArrayPtr<const DiagSocket> sockets) {
  Listeners listeners;
  for (auto& socket : sockets)
    if (!isConnected(socket)) listeners.add(socket);
  kj::Vector<ExistingFlow> flows;
  std::unordered_map<Tuple, size_t, TupleHash> byTuple;
  for (auto& socket : sockets) {
    // A SYN that waits for its answer may be one that nobody has let through yet.
    if (!isConnected(socket) || socket.state == STATE_SYN_SENT) continue;
    ExistingFlow flow;
    flow.socket = flow.held = socket;
    KJ_IF_MAYBE (listener, listeners.of(socket)) {
      flow.hook = proto::Hook::INPUT;
      if (socket.inode == 0) flow.held = *listener;
    }
    if (flow.held.inode == 0) continue;
    byTuple.emplace(socket.tuple, flows.size());
    flows.add(kj::mv(flow));
  }
  for (auto& flow : flows) {
    auto other = byTuple.find(flow.socket.tuple.reversed());
    flow.loopback =
        other != byTuple.end() || flow.socket.tuple.destination.scope() == Scope::LOCALHOST;
    if (other != byTuple.end() && flow.hook == proto::Hook::OUTPUT) flow.peer = other->second;
  }
  return flows;
}

Named ExistingFlow::nameAs(const Holder& holder) const {
  auto method = held.state == STATE_LISTEN ? proto::Method::LISTENER : proto::Method::SOCK_DIAG;
  return Named::ofHolder(holder, held, method, true, NO_UID);
}

struct Existing::Naming {
  // Shared with what the reader is asked: whoever wanted to know may be gone before it answers.
  kj::Vector<ExistingFlow> flows;
  kj::Vector<Named> names;  // of the same number

  kj::Vector<AttributedFlow> results() const {
    kj::Vector<AttributedFlow> results;
    for (size_t i = 0; i < flows.size(); i++) {
      auto& one = flows[i];
      AttributedFlow flow;
      flow.packet = packetFor(one);
      flow.loopback = one.loopback;
      flow.process = names[i];
      KJ_IF_MAYBE (peer, one.peer) flow.peer = names[*peer];
      results.add(kj::mv(flow));
    }
    return results;
  }
};

Existing::Existing(SocketTable& sockets, ProcessCache& processes, kj::Timer& timer)
    : sockets(sockets), processes(processes), timer(timer) {}

kj::Promise<kj::Vector<AttributedFlow>> Existing::list() {
  return sockets.list(timer).then(
      [this](kj::Vector<DiagSocket> found) { return nameAll(kj::mv(found)); });
}

kj::Promise<kj::Vector<AttributedFlow>> Existing::nameAll(kj::Vector<DiagSocket> found) {
  auto naming = std::make_shared<Naming>();
  naming->flows = connectionsAmong(found);
  naming->names.resize(naming->flows.size());
  return nameFrom(naming, 0).then([naming]() { return naming->results(); });
}

kj::Promise<void> Existing::nameFrom(std::shared_ptr<Naming> naming, size_t first) {
  size_t end = kj::min(first + NAMED_AT_A_TIME, naming->flows.size());
  if (first == end) return kj::READY_NOW;
  kj::Vector<kj::Promise<void>> some;
  for (size_t i = first; i < end; i++) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    auto& held = naming->flows[i].held;
    processes.find(held, Urgency::PEOPLE,
                   [naming, i, done = kj::mv(paf.fulfiller)](const Holder& holder) mutable {
                     naming->names[i] = naming->flows[i].nameAs(holder);
                     done->fulfill();
                   });
    some.add(kj::mv(paf.promise));
  }
  return kj::joinPromises(some.releaseAsArray()).then([this, naming, end]() {
    return nameFrom(naming, end);
  });
}

void ExistingPages::fill(uint64_t after, proto::Attributor::ExistingResults::Builder results) {
  size_t first = size_t(kj::min(after, uint64_t(flows.size())));
  size_t words = 0, end = first;
  while (end < flows.size() && words + wordsOf(flows[end]) <= PAGE_WORDS)
    words += wordsOf(flows[end++]);
  auto list = results.initFlows(uint(end - first));
  for (uint i = 0; i < list.size(); i++) attributor::fill(list[i], flows[first + i], ""_kj);
  bool last = end == flows.size();
  results.setNext(last ? 0 : end);
  if (last) flows = kj::Vector<AttributedFlow>();
}

}  // namespace portreeve::attributor
