// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/self-probe.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/marks.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

using proto::Family;
using proto::Hook;

kj::StringPtr word(Hook hook) {
  return hook == Hook::OUTPUT ? "out"_kj : "in"_kj;
}

kj::StringPtr word(Family family) {
  return family == Family::IPV4 ? "ipv4"_kj : "ipv6"_kj;
}

uint16_t queueOf(Hook hook, Family family) {
  if (hook == Hook::OUTPUT) return family == Family::IPV4 ? QUEUE_OUT_V4 : QUEUE_OUT_V6;
  return family == Family::IPV4 ? QUEUE_IN_V4 : QUEUE_IN_V6;
}

kj::String notAsked(Hook hook, Family family, bool arrived) {
  auto which = kj::str(hook == Hook::OUTPUT ? "outgoing" : "arriving", ' ',
                       family == Family::IPV4 ? "IPv4" : "IPv6");
  if (arrived)
    return kj::str(which,
                   " packets pass without being asked about: our rules are not in force, or "
                   "another program's accept before them");
  return kj::str(which, " packets do not come up by queue ", queueOf(hook, family),
                 ": a packet of our own did not");
}

kj::String lostBehind(Family family) {
  return kj::str("an allowed ", family == Family::IPV4 ? "IPv4" : "IPv6",
                 " packet of our own did not arrive over loopback: verdicts do not reach the "
                 "kernel, or another program's rule drops it");
}

}  // namespace

SelfProbe::SelfProbe(Repair repair)
    : repair(kj::mv(repair)),
      ways{{Hook::OUTPUT, Family::IPV4},
           {Hook::OUTPUT, Family::IPV6},
           {Hook::INPUT, Family::IPV4},
           {Hook::INPUT, Family::IPV6}} {}

void SelfProbe::expect(const Tuple& datagram) {
  KJ_REQUIRE(datagram.protocol == PROTOCOL_UDP && datagram.source.scope() == Scope::LOCALHOST &&
                 datagram.destination.scope() == Scope::LOCALHOST,
             "a self-probe is a UDP datagram between loopback addresses", datagram.toString());
  KJ_REQUIRE(expected.size() < MOST_EXPECTED, "too many self-probes are on their way");
  expected.add(Expected{datagram});
}

bool SelfProbe::isProbe(const Arrival& arrival) {
  if (!arrival.loopback) return false;
  for (auto& one : expected)
    if (one.datagram == arrival.tuple) {
      (arrival.hook == Hook::OUTPUT ? one.cameOut : one.cameIn) = true;
      return true;
    }
  return false;
}

void SelfProbe::concluded(const Tuple& datagram, bool arrived, uint64_t nowWallNs) {
  for (size_t i = 0; i < expected.size(); i++) {
    if (!(expected[i].datagram == datagram)) continue;
    auto one = expected[i];
    expected[i] = expected.back();
    expected.removeLast();
    counts.concluded++;
    auto family = datagram.family;
    auto &out = way(Hook::OUTPUT, family), &in = way(Hook::INPUT, family);
    if (!one.cameOut) return failed(out, nowWallNs, notAsked(Hook::OUTPUT, family, arrived));
    passed(out, nowWallNs);
    if (!one.cameIn) return failed(in, nowWallNs, notAsked(Hook::INPUT, family, arrived));
    if (!arrived) return failed(in, nowWallNs, lostBehind(family));
    return passed(in, nowWallNs);
  }
}

void SelfProbe::forget() {
  expected.clear();
}

kj::Maybe<kj::StringPtr> SelfProbe::failure() const {
  for (auto& one : ways)
    if (one.failing()) return one.reason.asPtr();
  return nullptr;
}

void SelfProbe::fill(proto::view::ProcessStatus::Builder status) const {
  auto list = status.initProbes(uint(kj::size(ways)));
  for (uint i = 0; i < list.size(); i++) {
    auto& one = ways[i];
    list[i].setHook(word(one.hook));
    list[i].setFamily(word(one.family));
    list[i].setState(one.lastNs == 0 ? "untried" : one.failing() ? "failing" : "passing");
    if (one.failing()) list[i].setReason(one.reason);
    list[i].setLast(rfc3339(one.lastNs));
  }
}

SelfProbe::Way& SelfProbe::way(Hook hook, Family family) {
  for (auto& one : ways)
    if (one.hook == hook && one.family == family) return one;
  KJ_FAIL_ASSERT("no such way");
}

void SelfProbe::passed(Way& way, uint64_t nowWallNs) {
  if (way.failing())
    log::info(kj::str("packets come through again: ", word(way.hook), ", ", word(way.family)));
  way.failures = 0;
  way.lastNs = nowWallNs;
}

void SelfProbe::failed(Way& way, uint64_t nowWallNs, kj::String reason) {
  counts.failed++;
  way.failures++;
  way.lastNs = nowWallNs;
  way.reason = kj::mv(reason);
  if (way.failures != FAILURES_THAT_COUNT) return;
  log::error(way.reason);
  counts.repairs++;
  repair(way.hook, way.family);
}

}  // namespace portreeve::policy
