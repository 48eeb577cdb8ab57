// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/arrival.h"

namespace portreeve::policy {
namespace {

constexpr uint8_t SYN = 2;
constexpr uint8_t ACK = 16;

Party partyFrom(proto::Process::Reader process, ProgramCache& programs) {
  return Party{programs.of(process), process.getMethod(), process.getConfidence(),
               process.getSocketInode()};
}

}  // namespace

Arrival Arrival::from(proto::Attributed::Reader reader, ProgramCache& programs) {
  Arrival arrival;
  arrival.id = reader.getId();
  arrival.hook = reader.getHook();
  arrival.tuple = Tuple::from(reader.getTuple());
  arrival.attributedNs = reader.getAttributed();
  arrival.times.queue = reader.getQueued();
  if (reader.getAttributed() >= reader.getArrived())
    arrival.times.attribution = reader.getAttributed() - reader.getArrived();
  arrival.malformed = reader.getMalformed() != proto::Malformed::NO;
  arrival.fragment = reader.getFragment();
  arrival.interface = kj::str(reader.getInterface());
  arrival.loopback = reader.getLoopback() || arrival.interface == "lo";
  arrival.tcpFlags = reader.getTcpFlags();
  arrival.icmpType = reader.getIcmpType();
  arrival.icmpCode = reader.getIcmpCode();
  arrival.process = partyFrom(reader.getProcess(), programs);
  if (reader.hasPeer()) arrival.peer = partyFrom(reader.getPeer(), programs);
  return arrival;
}

bool Arrival::begins() const {
  return !isTcp() || (tcpFlags & (SYN | ACK)) == SYN;
}

bool Arrival::answersBeginning() const {
  return isTcp() && (tcpFlags & (SYN | ACK)) == (SYN | ACK);
}

Heading Headings::of(const Arrival& arrival) const {
  using rules::Direction;
  bool out = arrival.hook == proto::Hook::OUTPUT;
  Heading asSeen{out ? Direction::OUT : Direction::IN, false};
  Heading against{out ? Direction::IN : Direction::OUT, true};
  if (arrival.begins()) return asSeen;
  if (arrival.answersBeginning()) return against;
  if (out) return listened[arrival.tuple.sourcePort] ? against : asSeen;
  // Nobody has a connection there: a stray, judged as what it is.
  if (arrival.process.socketInode == 0) return asSeen;
  return listened[arrival.tuple.destinationPort] ? asSeen : against;
}

void Headings::note(const Arrival& arrival) {
  if (!arrival.isTcp() || arrival.hook != proto::Hook::INPUT) return;
  if (arrival.id == 0 || arrival.process.method == proto::Method::LISTENER)
    listened.set(arrival.tuple.destinationPort);
}

}  // namespace portreeve::policy
