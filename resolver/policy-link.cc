// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/policy-link.h"

#include "common/address-message.h"
#include "common/clock.h"
#include "common/descriptor-capability.h"
#include "common/log.h"

#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr size_t MAX_NAMES_FOR_ADDRESS = 32;  // proto/policy.capnp, NameLookup
constexpr size_t REPLAYED_AT_ONCE = 256;

class NameLookupServer final : public proto::NameLookup::Server {
public:
  explicit NameLookupServer(NameMemory& memory) : memory(memory) {}

  kj::Promise<void> namesFor(NamesForContext context) override {
    auto names = memory.namesFor(fromMessage(context.getParams().getAddress()),
                                 MAX_NAMES_FOR_ADDRESS, monotonicNs());
    auto answers = context.getResults().initAnswers(uint(names.size()));
    for (uint i = 0; i < names.size(); i++) names[i]->to(answers[i]);
    return kj::READY_NOW;
  }

private:
  NameMemory& memory;
};

using Requests = kj::Vector<capnp::StreamingRequest<proto::NameJudge::AnsweredParams>>;

Requests requestsFor(NameMemory& memory, proto::NameJudge::Client judge) {
  // Written out at once: sending takes turns of the loop, in which the memory changes.
  Requests requests;
  auto names = memory.oldestFirst(monotonicNs());
  for (size_t start = 0; start < names.size(); start += REPLAYED_AT_ONCE) {
    size_t count = std::min(REPLAYED_AT_ONCE, names.size() - start);
    auto request = judge.answeredRequest();
    auto answers = request.initAnswers(uint(count));
    for (size_t i = 0; i < count; i++) names[start + i]->to(answers[uint(i)]);
    requests.add(kj::mv(request));
  }
  return requests;
}

kj::Promise<void> sendFrom(kj::Own<Requests> requests, size_t next) {
  if (next == requests->size()) return kj::READY_NOW;
  auto sent = (*requests)[next].send();
  return sent.then([requests = kj::mv(requests), next]() mutable {
    return sendFrom(kj::mv(requests), next + 1);
  });
}

}  // namespace

proto::NameLookup::Client makeNameLookup(NameMemory& memory) {
  return kj::heap<NameLookupServer>(memory);
}

kj::Promise<void> replay(NameMemory& memory, proto::NameJudge::Client judge) {
  return sendFrom(kj::heap(requestsFor(memory, kj::mv(judge))), 0);
}

PolicyLink::PolicyLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                       kj::StringPtr policySocket, NameMemory& memory,
                       const RetoldTableWriter& retold)
    : memory(memory),
      retold(retold),
      peer(provider, timer, policySocket, [this](capnp::Capability::Client policy) {
        return establish(policy.castAs<proto::Policy>());
      }) {}

kj::Promise<void> PolicyLink::establish(proto::Policy::Client policy) {
  KJ_IF_MAYBE (meet, meeting) (*meet)(policy);
  proto::NameJudge::Client fresh = policy.namesRequest().send().getJudge();
  table = nullptr;
  return replay(memory, fresh)
      .then([this, fresh]() mutable { return takeTable(kj::mv(fresh)); })
      .then([this, fresh]() mutable {
        auto request = fresh.offerLookupRequest();
        request.setLookup(makeNameLookup(memory));
        request.setRetold(kj::heap<DescriptorCapability<proto::SharedTable>>(retold.descriptor()));
        return request.send().ignoreResult().then(
            [this, fresh]() mutable { judge = kj::mv(fresh); });
      });
}

kj::Promise<void> PolicyLink::takeTable(proto::NameJudge::Client from) {
  return descriptorOf(from.askersRequest().send().getTable())
      .then(
          [this](kj::Maybe<kj::AutoCloseFd> descriptor) {
            KJ_IF_MAYBE (fd, descriptor) table = kj::heap<AskerTableReader>(*fd);
          },
          [](kj::Exception&& e) {
            if (e.getType() == kj::Exception::Type::DISCONNECTED)
              kj::throwFatalException(kj::mv(e));
            // Each question is put to it, then: an older one knows no table.
            log::info(kj::str("policy gives no table of DNS clients: ", e.getDescription()));
          });
}

kj::Maybe<const AskerTableReader&> PolicyLink::askers() {
  if (!peer.connected()) return nullptr;
  KJ_IF_MAYBE (reader, table) return **reader;
  return nullptr;
}

kj::Maybe<proto::NameJudge::Client> PolicyLink::present() {
  if (!peer.connected()) return nullptr;
  KJ_IF_MAYBE (client, judge) return *client;
  return nullptr;
}

kj::Promise<proto::NameJudge::Client> PolicyLink::whenThere() {
  if (peer.connected()) {
    coming = nullptr;
    return KJ_ASSERT_NONNULL(judge);
  }
  if (coming == nullptr) coming = peer.whenConnected().fork();
  return KJ_ASSERT_NONNULL(coming).addBranch().then([this]() { return whenThere(); });
}

}  // namespace portreeve::resolver
