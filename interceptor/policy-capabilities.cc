// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/policy-capabilities.h"

#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

constexpr size_t PAGE_ENTRIES = 2048;  // some 200 KiB of a message

class ConntrackImpl final : public proto::Conntrack::Server {
public:
  ConntrackImpl(ConntrackTable& table, ConntrackListing& listing)
      : table(table), listing(listing) {}

  kj::Promise<void> list(ListContext context) override {
    uint64_t after = context.getParams().getAfter();
    if (after == 0)
      listing.restart();
    else
      KJ_REQUIRE(after == page, "this list has ended or was begun anew by another call");
    kj::Vector<ConntrackEntry> entries(PAGE_ENTRIES);
    bool more = true;
    while (more && entries.size() < PAGE_ENTRIES)
      more = listing.next([&](const ConntrackEntry& entry) { entries.add(entry); });
    page++;
    auto results = context.getResults();
    fill(results.initFlows(uint(entries.size())), entries);
    results.setNext(more ? page : 0);
    return kj::READY_NOW;
  }

  kj::Promise<void> setMarks(SetMarksContext context) override {
    kj::Vector<ConntrackTable::MarkChange> changes;
    for (auto change : context.getParams().getChanges())
      changes.add(ConntrackTable::MarkChange{Tuple::from(change.getTuple()), change.getMark()});
    context.getResults().setMissing(table.setMarks(changes));
    return kj::READY_NOW;
  }

  kj::Promise<void> delete_(DeleteContext context) override {
    kj::Vector<Tuple> tuples;
    for (auto tuple : context.getParams().getTuples()) tuples.add(Tuple::from(tuple));
    context.getResults().setMissing(table.remove(tuples));
    return kj::READY_NOW;
  }

private:
  ConntrackTable& table;
  ConntrackListing& listing;
  uint64_t page = 0;  // the page that may be asked for next

  static void fill(capnp::List<proto::TrackedFlow>::Builder flows,
                   kj::ArrayPtr<const ConntrackEntry> entries) {
    for (uint i = 0; i < entries.size(); i++) {
      auto& entry = entries[i];
      entry.tuple.to(flows[i].initTuple());
      flows[i].setMark(entry.mark);
      flows[i].setOriginalBytes(entry.originalBytes);
      flows[i].setReplyBytes(entry.replyBytes);
      flows[i].setAssured(entry.assured);
    }
  }
};

class SocketsImpl final : public proto::Sockets::Server {
public:
  explicit SocketsImpl(LocalSockets& sockets) : sockets(sockets) {}

  kj::Promise<void> destroy(DestroyContext context) override {
    uint32_t missing = 0;
    for (auto tuple : context.getParams().getTuples())
      if (!sockets.destroy(Tuple::from(tuple))) missing++;
    context.getResults().setMissing(missing);
    return kj::READY_NOW;
  }

private:
  LocalSockets& sockets;
};

class EnforcerImpl final : public proto::Enforcer::Server {
public:
  explicit EnforcerImpl(Enforcer& enforcer) : enforcer(enforcer) {}

  kj::Promise<void> enforce(EnforceContext context) override { return enforcer.enforce(); }

  kj::Promise<void> rulesPresent(RulesPresentContext context) override {
    return enforcer.rulesPresent().then(
        [context](bool present) mutable { context.getResults().setPresent(present); });
  }

private:
  Enforcer& enforcer;
};

}  // namespace

proto::Conntrack::Client makeConntrack(ConntrackTable& table, ConntrackListing& listing) {
  return kj::heap<ConntrackImpl>(table, listing);
}

proto::Sockets::Client makeSockets(LocalSockets& sockets) {
  return kj::heap<SocketsImpl>(sockets);
}

proto::Enforcer::Client makeEnforcer(Enforcer& enforcer) {
  return kj::heap<EnforcerImpl>(enforcer);
}

}  // namespace portreeve::interceptor
