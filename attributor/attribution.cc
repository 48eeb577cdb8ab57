// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/attribution.h"

#include "attributor/diag-message.h"
#include "attributor/kernel-origin.h"

#include <memory>

namespace portreeve::attributor {
namespace {

using proto::Method;

constexpr kj::StringPtr SENDER_GONE =
    "the program had gone before it could be looked at, or it writes packets by itself"_kj;
constexpr kj::StringPtr SOCKET_CLOSED = "its program had closed the socket"_kj;

bool isConnected(const DiagSocket& socket) {
  return socket.tuple.destinationPort != 0;
}

}  // namespace

ArrivedPacket ArrivedPacket::from(proto::Packet::Reader packet) {
  ArrivedPacket arrived;
  arrived.id = packet.getId();
  arrived.hook = packet.getHook();
  arrived.queue = packet.getQueue();
  arrived.netns = packet.getNetns();
  arrived.mark = packet.getMark();
  arrived.inInterface = packet.getInInterface();
  arrived.outInterface = packet.getOutInterface();
  arrived.uid = packet.getUid();
  arrived.arrived = packet.getArrived();
  arrived.queued = packet.getQueued();
  arrived.notBefore = packet.getNotBefore();
  arrived.length = packet.getLength();
  arrived.header = readPacket(packet.getStart(), arrived.length, packet.getFamily());
  return arrived;
}

struct Attribution::InProgress {
  AttributedFlow flow;
  uint openEnds = 1;
};

Attribution::Attribution(SocketSearch& sockets, ProcessCache& processes, ProcNet& procNet,
                         Interfaces& interfaces, const NotedOwners& noted, OnFlow onFlow)
    : sockets(sockets),
      processes(processes),
      procNet(procNet),
      interfaces(interfaces),
      noted(noted),
      onFlow(kj::mv(onFlow)) {}

void Attribution::attribute(const ArrivedPacket& packet) {
  auto progress = std::make_shared<InProgress>();
  auto& flow = progress->flow;
  flow.packet = packet;
  bool output = packet.hook == proto::Hook::OUTPUT;
  flow.loopback = interfaces.isLoopback(output ? packet.outInterface : packet.inInterface);
  bool twoEnds = output && flow.loopback;
  if (twoEnds) progress->openEnds = 2;

  auto finish = [this, progress]() {
    if (--progress->openEnds == 0) onFlow(kj::mv(progress->flow));
  };
  auto& tuple = packet.header.tuple;
  Question own{output ? End::SENDER : End::RECEIVER,
               packet.header,
               output ? tuple : tuple.reversed(),
               output ? packet.outInterface : packet.inInterface,
               output ? packet.uid : NO_UID,
               output ? Urgency::OUTGOING : Urgency::INCOMING,
               packet.netns,
               packet.arrived,
               packet.notBefore};
  name(own, [progress, finish](Named&& named) mutable {
    progress->flow.process = kj::mv(named);
    finish();
  });
  if (!twoEnds) return;
  Question other{End::RECEIVER,       packet.header, tuple.reversed(),
                 packet.outInterface, NO_UID,        Urgency::OUTGOING};
  name(other, [progress, finish](Named&& named) mutable {
    progress->flow.peer = kj::mv(named);
    finish();
  });
}

void Attribution::passUnlooked(const ArrivedPacket& packet) {
  AttributedFlow flow;
  flow.packet = packet;
  bool output = packet.hook == proto::Hook::OUTPUT;
  flow.loopback = interfaces.isLoopback(output ? packet.outInterface : packet.inInterface);
  flow.process = Named::unknown(toText(NoAnswer::BUSY), output ? packet.uid : NO_UID);
  onFlow(kj::mv(flow));
}

void Attribution::name(const Question& question, OnNamed onNamed) {
  auto& header = question.header;
  bool sender = question.end == End::SENDER;
  if (header.malformed != proto::Malformed::NO)
    return onNamed(Named::unknown("its headers cannot be read"_kj, question.uid));
  if (header.fragment)
    return onNamed(Named::unknown("a later fragment has no ports"_kj, question.uid));
  if (hasPorts(header.tuple.protocol)) return nameBySocket(question, kj::mv(onNamed));
  // What no program's socket has sent, the kernel has.
  if (sender && question.uid == NO_UID) return onNamed(Named::ofKernel(kernelName(header)));
  if (!sender && takenByKernel(header)) return onNamed(Named::ofKernel(kernelName(header)));
  nameByProcNet(question, kj::mv(onNamed));
}

void Attribution::nameBySocket(const Question& question, OnNamed onNamed) {
  if (!sockets.knows(question.localToRemote.protocol))
    return nameByProcNet(question, kj::mv(onNamed));
  KJ_IF_MAYBE (socket, sockets.find(question.localToRemote, question.interface)) {
    if (socket->inode == 0) {
      // Nobody has it open: closed already, or not yet taken from its listener.
      KJ_IF_MAYBE (listener, listenerFor(question))
        return nameHolder(question, *listener, Method::LISTENER, true, kj::mv(onNamed));
      if (question.end == End::RECEIVER) return onNamed(Named::nobodyListens());
      if (socket->state == STATE_TIME_WAIT)
        return onNamed(Named::ofKernel(kernelName(question.header)));
      return nameByClosed(question, Named::unknown(SOCKET_CLOSED, question.uid), kj::mv(onNamed));
    }
    // Of several unconnected UDP sockets on one port the kernel names any to a question.
    if (question.uid != NO_UID && question.uid != socket->uid && !isConnected(*socket))
      return onNamed(Named::unknown("another user's socket has the same port"_kj, question.uid));
    auto method = socket->state == STATE_LISTEN ? Method::LISTENER : Method::SOCK_DIAG;
    return nameHolder(question, *socket, method, true, kj::mv(onNamed));
  }
  if (question.header.tuple.protocol == PROTOCOL_UDPLITE)
    return nameByProcNet(question, kj::mv(onNamed));
  nameByClosed(question, withoutSocket(question), kj::mv(onNamed));
}

void Attribution::nameByClosed(const Question& question, Named otherwise, OnNamed onNamed) {
  // Its socket is no more; the kernel has noted at its closing whose it was.
  constexpr uint64_t LONG_AGO_NS = 200'000'000;
  auto& tuple = question.localToRemote;
  // A port of TCP is many sockets' at once, one to each peer: the last that was closed need not be
  // the packet's. One of UDP is mostly one socket's; where two had it just now it is not told.
  if (question.end == End::RECEIVER || question.uid == NO_UID || tuple.protocol != PROTOCOL_UDP)
    return onNamed(kj::mv(otherwise));
  KJ_IF_MAYBE (closed, noted.findClosed({question.netns, addressFamily(tuple.family),
                                         tuple.protocol, tuple.sourcePort, question.uid})) {
    DiagSocket socket;
    socket.cookie = closed->cookie;
    socket.uid = question.uid;
    socket.tuple = tuple;
    // A socket that was closed before its queue was empty last has not sent it.
    auto justNow = [&](uint64_t moment) {
      uint64_t arrived = question.arrivedNs;
      if (moment <= question.notBeforeNs) return false;
      return (moment > arrived ? moment - arrived : arrived - moment) < LONG_AGO_NS;
    };
    bool two = closed->beforeNs != 0 && justNow(closed->beforeNs);
    bool its = justNow(closed->closedNs) && !two;
    auto whenFound = std::make_shared<OnNamed>(kj::mv(onNamed));
    auto saved = std::make_shared<Named>(kj::mv(otherwise));
    ProcessCache::OnHolder onHolder = [question, socket, whenFound, saved](const Holder& holder) {
      if (holder.outcome != Holder::Outcome::FOUND) return (*whenFound)(kj::mv(*saved));
      auto named = Named::ofHolder(holder, socket, Method::BPF, true, question.uid);
      named.socketInode = 0;
      (*whenFound)(kj::mv(named));
    };
    if (its && processes.findClosed(socket, question.urgency, onHolder)) return;
    return (*whenFound)(kj::mv(*saved));
  }
  onNamed(kj::mv(otherwise));
}

Named Attribution::withoutSocket(const Question& question) {
  if (question.end == End::RECEIVER) return Named::nobodyListens();
  if (question.uid == NO_UID) return Named::ofKernel(kernelName(question.header));
  return Named::unknown(SENDER_GONE, question.uid);
}

kj::Maybe<DiagSocket> Attribution::listenerFor(const Question& question) {
  if (question.header.tuple.protocol != PROTOCOL_TCP) return nullptr;
  auto anybody = question.localToRemote;
  anybody.destination = Address();
  if (anybody.family == proto::Family::IPV4) {
    uint8_t zeros[4]{};
    anybody.destination = Address::fromV4(zeros);
  }
  anybody.destinationPort = 0;
  KJ_IF_MAYBE (socket, sockets.find(anybody, question.interface))
    if (socket->state == STATE_LISTEN && socket->inode != 0) return *socket;
  return nullptr;
}

struct Attribution::TableSearch {
  Question question;
  kj::Vector<ProcNetTable> tables;
  OnNamed onNamed;
  size_t at = 0;
  bool wholeRead = false;  // one of them at least
  bool cut = false;        // one of them at least
  kj::StringPtr whyNotAll = ""_kj;
};

void Attribution::nameByProcNet(const Question& question, OnNamed onNamed) {
  lookInNextTable({question, tablesFor(question.localToRemote), kj::mv(onNamed)});
}

void Attribution::lookInNextTable(TableSearch search) {
  if (search.at == search.tables.size()) return inNoTable(search);
  auto table = search.tables[search.at++];
  auto urgency = search.question.urgency;
  procNet.read(table, urgency,
               [this, table, search = kj::mv(search)](ProcNet::Sockets list,
                                                      kj::StringPtr whyNotAll) mutable {
                 lookInTable(kj::mv(search), table, list, whyNotAll);
               });
}

void Attribution::lookInTable(TableSearch search, ProcNetTable table, const ProcNet::Sockets& list,
                              kj::StringPtr whyNotAll) {
  auto& question = search.question;
  kj::Maybe<uint32_t> uid;
  if (question.uid != NO_UID) uid = question.uid;
  if (list != nullptr) {
    KJ_IF_MAYBE (choice, chooseSocket(*list, table, question.localToRemote, uid)) {
      DiagSocket socket;
      socket.inode = choice->inode;
      socket.uid = choice->uid;
      if (choice->listens) socket.state = STATE_LISTEN;
      return nameHolder(question, socket, Method::PROC_NET, choice->only, kj::mv(search.onNamed));
    }
  }
  // A kernel without IPv6, or without ping sockets, lacks a table of them.
  bool whole = whyNotAll.size() == 0;
  bool cut = list != nullptr && !whole;
  search.wholeRead = search.wholeRead || whole;
  search.cut = search.cut || cut;
  if (cut || search.whyNotAll.size() == 0) search.whyNotAll = whyNotAll;
  lookInNextTable(kj::mv(search));
}

void Attribution::inNoTable(TableSearch& search) {
  auto& question = search.question;
  if (!search.wholeRead || search.cut)
    return search.onNamed(Named::unknown(search.whyNotAll, question.uid));
  if (question.end == End::RECEIVER && mayBeTunnel(question.header.tuple.protocol))
    return search.onNamed(Named::ofKernel(kernelName(question.header)));
  search.onNamed(withoutSocket(question));
}

void Attribution::nameHolder(const Question& question, const DiagSocket& socket, Method method,
                             bool only, OnNamed onNamed) {
  processes.find(socket, question.urgency,
                 [this, question, socket, method, only,
                  onNamed = kj::mv(onNamed)](const Holder& holder) mutable {
                   if (holder.outcome == Holder::Outcome::NOBODY && method != Method::PROC_NET)
                     return onNamed(heldByNobody(question, socket));
                   onNamed(Named::ofHolder(holder, socket, method, only, question.uid));
                 });
}

Named Attribution::heldByNobody(const Question& question, const DiagSocket& socket) {
  Named result = Named::unknown(SENDER_GONE, question.uid);
  if (question.end == End::RECEIVER) result.reason = "its program had gone"_kj;
  KJ_IF_MAYBE (still, sockets.find(question.localToRemote, question.interface)) {
    if (still->cookie != socket.cookie || still->inode != socket.inode) return result;
    // The kernel's own sockets (WireGuard, NFS) are root's, and no process has a descriptor.
    if (socket.uid == 0) return Named::ofKernel("socket of the kernel"_kj);
    result.reason = "no process has its socket open: it is on its way between two, or hidden"_kj;
  }
  result.uid = question.uid != NO_UID ? question.uid : socket.uid;
  result.method = Method::SOCK_DIAG;
  result.socketInode = socket.inode;
  return result;
}

void Attribution::who(const Tuple& localToRemote, OnNamed onNamed) {
  Question question{End::RECEIVER, PacketHeader(), localToRemote, 0, NO_UID, Urgency::PEOPLE};
  question.header.tuple = localToRemote.reversed();
  auto protocol = localToRemote.protocol;
  if ((protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) || !sockets.knows(protocol))
    return nameByProcNet(question, kj::mv(onNamed));
  KJ_IF_MAYBE (socket, sockets.find(localToRemote, 0))
    if (socket->inode != 0) return nameBySocket(question, kj::mv(onNamed));
  KJ_IF_MAYBE (socket, sockets.findOnPort(localToRemote)) {
    if (localToRemote.destinationPort == 0 && socket->inode != 0) {
      auto method = socket->state == STATE_LISTEN ? Method::LISTENER : Method::SOCK_DIAG;
      return nameHolder(question, *socket, method, true, kj::mv(onNamed));
    }
  }
  onNamed(Named::nobodyListens());
}

void Attribution::whoIs(int32_t pid, OnNamed onNamed) {
  processes.describe(pid, [onNamed = kj::mv(onNamed)](const Holder& holder) mutable {
    onNamed(Named::ofProcess(holder));
  });
}

}  // namespace portreeve::attributor
