// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/policy-capabilities.h"

#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

constexpr size_t PAGE_ENTRIES = 2048;  // some 200 KiB of a message

class ConntrackImpl final : public proto::Conntrack::Server {
public:
  ConntrackImpl(kj::Timer& timer, ConntrackTable& table, ConntrackListing& listing)
      : timer(timer), table(table), listing(listing) {}

  kj::Promise<void> list(ListContext context) override {
    uint64_t after = context.getParams().getAfter();
    auto page = kj::heap<Page>();
    page->walk = after == 0 ? listing.restart() : ConntrackListing::Walk(after);
    auto filled = fill(*page);
    return filled.then([context, page = kj::mv(page)]() mutable {
      auto results = context.getResults();
      copy(page->entries, results.initFlows(uint(page->entries.size())));
      results.setNext(page->more ? page->walk : 0);
    });
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
  struct Page {
    ConntrackListing::Walk walk = 0;
    kj::Vector<ConntrackEntry> entries{PAGE_ENTRIES};
    bool more = true;
  };

  kj::Timer& timer;
  ConntrackTable& table;
  ConntrackListing& listing;

  kj::Promise<void> fill(Page& page) {
    page.more =
        listing.next(page.walk, [&](const ConntrackEntry& entry) { page.entries.add(entry); });
    if (!page.more || page.entries.size() >= PAGE_ENTRIES) return kj::READY_NOW;
    // Through the timer: packets get their turn in between.
    return timer.afterDelay(0 * kj::NANOSECONDS).then([this, &page]() { return fill(page); });
  }

  static void copy(kj::ArrayPtr<const ConntrackEntry> entries,
                   capnp::List<proto::TrackedFlow>::Builder flows) {
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

class OriginsImpl final : public proto::Origins::Server {
public:
  explicit OriginsImpl(ConntrackTable& table) : table(table) {}

  kj::Promise<void> originalOf(OriginalOfContext context) override {
    KJ_IF_MAYBE (original, table.originalOf(Tuple::from(context.getParams().getSeen()))) {
      context.getResults().setFound(true);
      original->to(context.getResults().initOriginal());
    }
    return kj::READY_NOW;
  }

private:
  ConntrackTable& table;
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

  kj::Promise<void> repair(RepairContext context) override {
    auto params = context.getParams();
    return enforcer.repair(params.getHook(), params.getFamily());
  }

private:
  Enforcer& enforcer;
};

}  // namespace

proto::Conntrack::Client makeConntrack(kj::Timer& timer, ConntrackTable& table,
                                       ConntrackListing& listing) {
  return kj::heap<ConntrackImpl>(timer, table, listing);
}

proto::Origins::Client makeOrigins(ConntrackTable& table) {
  return kj::heap<OriginsImpl>(table);
}

proto::Sockets::Client makeSockets(LocalSockets& sockets) {
  return kj::heap<SocketsImpl>(sockets);
}

proto::Enforcer::Client makeEnforcer(Enforcer& enforcer) {
  return kj::heap<EnforcerImpl>(enforcer);
}

}  // namespace portreeve::interceptor
