// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/kernel-watcher.h"

#include "common/clock.h"
#include "common/log.h"

namespace portreeve::policy {

class KernelEvents::Watcher final : public proto::KernelWatcher::Server {
public:
  explicit Watcher(KernelEvents& events) : events(events) {}

  kj::Promise<void> flowsEnded(FlowsEndedContext context) override {
    for (auto ended : context.getParams().getFlows())
      events.flowEnded(TrackedEntry{Tuple::from(ended.getTuple()), ended.getMark(),
                                    ended.getOriginalBytes(), ended.getReplyBytes()});
    return kj::READY_NOW;
  }

  kj::Promise<void> socketsClosed(SocketsClosedContext context) override {
    kj::Vector<Tuple> sockets;
    kj::Vector<uint64_t> inodes;
    for (auto socket : context.getParams().getSockets()) {
      sockets.add(Tuple::from(socket.getTuple()));
      inodes.add(socket.getInode());
    }
    events.socketsClosed(sockets, inodes);
    return kj::READY_NOW;
  }

  kj::Promise<void> missed(MissedContext context) override {
    events.missed();
    return kj::READY_NOW;
  }

private:
  KernelEvents& events;
};

bool takeBytes(Flow& flow, const TrackedEntry& entry) {
  // Without nf_conntrack_acct all are 0: what is known stays.
  bool forward = entry.tuple == flow.tuple;
  bool originalGoesOut = forward == (flow.direction == rules::Direction::OUT);
  uint64_t out = originalGoesOut ? entry.originalBytes : entry.replyBytes;
  uint64_t in = originalGoesOut ? entry.replyBytes : entry.originalBytes;
  if (out + in == 0 || (out == flow.bytesOut && in == flow.bytesIn)) return false;
  flow.bytesOut = out;
  flow.bytesIn = in;
  return true;
}

KernelEvents::KernelEvents(FlowTable& flows, LateEnds& lateEnds, EarlierSessions& earlier,
                           Askers& askers, KernelActs& kernel, kj::Function<void()> onMissed)
    : flows(flows),
      lateEnds(lateEnds),
      earlier(earlier),
      askers(askers),
      kernel(kernel),
      onMissed(kj::mv(onMissed)),
      tasks(*this) {}

proto::KernelWatcher::Client KernelEvents::watcher() {
  return kj::heap<Watcher>(*this);
}

void KernelEvents::flowEnded(const TrackedEntry& entry) {
  counts.flowsEnded++;
  KJ_IF_MAYBE (id, lateEnds.take(entry.tuple, monotonicNs())) {
    if (Flow* ended = flows.find(*id))
      if (takeBytes(*ended, entry)) flows.progressed(*ended);
    return;
  }
  Flow* flow = flows.findOpen(entry.tuple);
  if (flow == nullptr) flow = flows.findOpen(answerOf(entry.tuple));
  if (flow == nullptr) return;
  takeBytes(*flow, entry);
  flows.end(*flow, wallNs());
}

void KernelEvents::socketsClosed(kj::ArrayPtr<const Tuple> sockets,
                                 kj::ArrayPtr<const uint64_t> inodes) {
  kj::Vector<Tuple> entries;
  for (size_t i = 0; i < sockets.size(); i++) closed(sockets[i], inodes[i], entries);
  if (entries.empty()) return;
  counts.entriesDeleted += entries.size();
  tasks.add(kernel.deleteEntries(kj::mv(entries)).ignoreResult());
}

void KernelEvents::closed(const Tuple& socket, uint64_t inode, kj::Vector<Tuple>& entries) {
  counts.socketsClosed++;
  earlier.socketClosed(socket);
  askers.socketClosed(socket);
  bool connected = socket.destinationPort != 0;
  if (connected) {
    Flow* out = flows.findOpen(socket);
    Flow* in = flows.findOpen(socket.reversed());
    // The kernel mostly has no inode left to tell; then the flow knows which socket it was.
    if (inode == 0 && out != nullptr) inode = out->process.socketInode;
    if (out != nullptr) release(*out, inode, entries);
    if (in != nullptr) release(*in, inode, entries);
    // Also where the table knows nothing of it: it may be from before we started.
    if (out == nullptr && in == nullptr) entries.add(socket);
  }
  // A connected socket may have had other peers before.
  kj::Vector<Flow*> itsFlows;
  flows.forEachOpenAt(socket.protocol, socket.sourcePort, [&](Flow& flow) {
    bool itsAddress = socket.source.isUnspecified() || flow.localAddress() == socket.source;
    bool itsOwn = !connected || (inode != 0 && flow.process.socketInode == inode);
    if (itsAddress && itsOwn) itsFlows.add(&flow);
  });
  for (auto flow : itsFlows) release(*flow, inode, entries);
}

void KernelEvents::release(Flow& flow, uint64_t inode, kj::Vector<Tuple>& entries) {
  entries.add(flow.tuple);
  // Another socket's flow (a group on one port, or the next program already): only asked about
  // again.
  uint64_t holder = flow.process.socketInode;
  if (inode != 0 && holder != 0 && holder != inode) return;
  if (flow.tracked) lateEnds.expect(flow.tuple, flow.id, monotonicNs());
  flows.end(flow, wallNs());
}

void KernelEvents::missed() {
  counts.missed++;
  onMissed();
}

void KernelEvents::taskFailed(kj::Exception&& e) {
  if (e.getType() != kj::Exception::Type::DISCONNECTED)
    log::exception("deleting the conntrack entries of closed sockets", e);
}

}  // namespace portreeve::policy
