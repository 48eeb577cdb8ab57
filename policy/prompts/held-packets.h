// SPDX-License-Identifier: GPL-3.0-or-later
// The packets that wait for a person, in the kernel: the interceptor lets each wait on as long as
// it is told so before its time-out. Bounded in number, per user and per program.
#pragma once

#include "policy/arrival.h"
#include "policy/prompts/question.h"
#include "policy/settle-arrow.h"

#include <kj/function.h>
#include <kj/vector.h>

#include <cstdint>
#include <map>

namespace portreeve::policy {

struct HeldPacket {
  Arrival arrival;
  Flow flow;
  bool ofReceiver = false;
  uint64_t question = 0;
  uint64_t sinceNs = 0;  // by the timer: when its connection asked first
};

class HeldPackets {
public:
  static constexpr size_t MOST = 1024;
  static constexpr size_t MOST_OF_USER = 256;
  static constexpr size_t MOST_OF_PROGRAM = 64;
  static constexpr size_t MOST_OF_CONNECTION =
      4;  // datagrams that come before the first is decided

  explicit HeldPackets(Settler& settler) : settler(settler) {}
  KJ_DISALLOW_COPY(HeldPackets);

  bool knows(const Arrival& arrival);
  // It was submitted again, and perhaps attributed better than before: it waits on, and is renewed.

  bool hasRoomFor(const Flow& flow, bool ofReceiver) const;
  void add(HeldPacket packet);
  // Renewed with the next flush of the settler. An earlier TCP packet of the same connection has
  // been lost with the interceptor that held it: this one takes its place and its time.

  void renew();  // all; once in a third of the interceptor's time-out

  kj::Vector<Arrival> take(kj::FunctionParam<bool(const HeldPacket&)> wanted);
  template <typename Each>
  void forEach(Each&& each) const {
    for (auto& entry : packets) each(entry.second);
  }
  size_t countOf(uint64_t question) const;
  kj::Maybe<uint64_t> newestOf(uint64_t question) const;  // since when the last of them waits
  bool empty() const { return packets.empty(); }
  size_t size() const { return packets.size(); }

private:
  Settler& settler;
  std::map<uint64_t, HeldPacket> packets;  // by the interceptor's id
};

}  // namespace portreeve::policy
