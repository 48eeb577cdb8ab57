// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/flow-table.h"

#include "policy/evaluation-time.h"
#include "policy/late-ends.h"
#include "policy/program-cache.h"
#include "policy/test-road.h"

#include <doctest/doctest.h>

#include <utility>

namespace portreeve::policy {
namespace {

constexpr uint64_t SECOND = 1000000000;

Flow flowTo(uint16_t port, uint8_t protocol = PROTOCOL_TCP) {
  Flow flow;
  flow.tuple = tcp("192.0.2.10", 40000, "203.0.113.5", port);
  flow.tuple.protocol = protocol;
  flow.process.program = Program::unknown("a test");
  return flow;
}

struct Listener final : FlowObserver {
  kj::Vector<uint64_t> told;
  void flowChanged(const Flow& flow) override { told.add(flow.id); }
};

kj::String idsOf(const FlowTable& table) {
  kj::Vector<uint64_t> ids;
  table.newestFirst([&](const Flow& flow) {
    ids.add(flow.id);
    return true;
  });
  return kj::str(ids);
}

TEST_CASE("a flow is found by its tuple while it is open, by its id afterwards too") {
  FlowTable table;
  auto& flow = table.add(flowTo(80));
  CHECK(flow.id == 1);
  CHECK(table.findOpen(flow.tuple) == &flow);
  CHECK(table.findOpen(flow.tuple.reversed()) == nullptr);
  auto tuple = flow.tuple;
  table.end(flow, 5);
  CHECK(table.findOpen(tuple) == nullptr);
  CHECK(std::as_const(table).find(1)->endedNs == 5);
}

TEST_CASE("a new flow of the same tuple ends the old one") {
  FlowTable table;
  table.add(flowTo(80));
  auto& second = table.add(flowTo(80));
  CHECK(table.openCount() == 1);
  CHECK(table.findOpen(second.tuple) == &second);
  CHECK_FALSE(std::as_const(table).find(1)->open());
}

TEST_CASE("of ended flows the first to end are forgotten first, open ones never") {
  FlowTable table(100, 2);
  for (uint16_t port = 1; port <= 5; port++) table.add(flowTo(port));
  for (uint64_t id : {4, 2, 3}) table.end(*table.find(id), 1);
  CHECK(idsOf(table) == "5, 3, 2, 1");
}

TEST_CASE("past its capacity a flow is judged but not kept") {
  FlowTable table(2);
  for (uint16_t port = 1; port <= 3; port++) table.add(flowTo(port));
  CHECK(table.openCount() == 2);
  CHECK(table.notKept() == 1);
  CHECK(table.find(3) == nullptr);
  auto& third = table.add(flowTo(4));
  CHECK(third.id == 4);
  table.end(third, 1);
  CHECK(table.openCount() == 2);
}

TEST_CASE("observers are told of ends and of what is said to have changed, until they stop") {
  FlowTable table;
  Listener listener;
  table.observe(listener);
  auto& flow = table.add(flowTo(80));
  CHECK(listener.told.empty());
  table.changed(flow);
  table.end(flow, 1);
  CHECK(kj::str(listener.told) == "1, 1");
  table.stopObserving(listener);
  table.changed(flow);
  CHECK(listener.told.size() == 2);
}

TEST_CASE("UDP flows are found by their local port") {
  FlowTable table;
  table.add(flowTo(80));
  auto& talk = table.add(flowTo(81, PROTOCOL_UDP));
  table.add(flowTo(82, PROTOCOL_UDP));
  table.end(talk, 1);
  kj::Vector<uint64_t> found;
  table.forEachOpenAt(PROTOCOL_UDP, 40000, [&](Flow& flow) { found.add(flow.id); });
  CHECK(kj::str(found) == "3");
}

TEST_CASE("ends are local and remote by direction") {
  auto flow = flowTo(80);
  CHECK(flow.localPort() == 40000);
  CHECK(flow.remoteAddress() == rules::address("203.0.113.5"));
  flow.direction = rules::Direction::IN;
  CHECK(flow.localPort() == 80);
  CHECK(flow.remoteAddress() == rules::address("192.0.2.10"));
}

TEST_CASE("what comes back to an echo is an echo reply with the same identifier") {
  Tuple ping;
  ping.protocol = PROTOCOL_ICMP;
  ping.source = rules::address("192.0.2.10");
  ping.destination = rules::address("203.0.113.5");
  ping.sourcePort = 4711;
  ping.destinationPort = 8 * 256;
  auto answer = answerOf(ping);
  CHECK(answer.source == ping.destination);
  CHECK(answer.sourcePort == 4711);
  CHECK(answer.destinationPort == 0);
  CHECK(answerOf(answer) == ping);
}

// Ends that nobody tells
// ---------------------------------------------------------------------------

TEST_CASE("a refused flow has ended when nothing was seen of it for two minutes") {
  FlowTable table;
  TransientFlows transient(table);
  auto& flow = table.add(flowTo(80));
  flow.lastSeenNs = 10 * SECOND;
  transient.add(flow);
  transient.sweep(130 * SECOND - 1);
  CHECK(flow.open());
  transient.sweep(130 * SECOND);
  CHECK_FALSE(flow.open());
  CHECK(transient.size() == 0);
}

TEST_CASE("a flow that conntrack knows by now is left to conntrack") {
  FlowTable table;
  TransientFlows transient(table);
  auto& flow = table.add(flowTo(80));
  transient.add(flow);
  flow.tracked = true;
  transient.sweep(1000 * SECOND);
  CHECK(flow.open());
}

TEST_CASE("too many refused flows push out the oldest of them") {
  FlowTable table;
  TransientFlows transient(table, 2);
  for (uint16_t port = 1; port <= 3; port++) transient.add(table.add(flowTo(port)));
  CHECK(table.openCount() == 2);
  CHECK_FALSE(table.find(1)->open());
}

TEST_CASE("an end that is expected is told once, in either direction, and not for ever") {
  LateEnds ends;
  auto tuple = tcp("192.0.2.10", 40000, "203.0.113.5", 80);
  ends.expect(tuple, 7, 0);
  CHECK(KJ_ASSERT_NONNULL(ends.take(tuple.reversed(), 1)) == 7);
  CHECK(ends.take(tuple, 1) == nullptr);
  ends.expect(tuple, 8, 1);
  CHECK(ends.take(tuple, LateEnds::PATIENCE_NS + 2) == nullptr);
  ends.expect(tuple, 9, 3 * SECOND);
  ends.expect(tuple, 10, 4 * SECOND);
  CHECK(KJ_ASSERT_NONNULL(ends.take(tuple, 5 * SECOND + 1)) == 10);
}

// Programs
// -----------------------------------------------------------------------------------------

kj::Own<Program> programIn(ProgramCache& cache, uint64_t instance, uint32_t uid,
                           kj::StringPtr reason = "") {
  capnp::MallocMessageBuilder message;
  auto process = message.initRoot<proto::Process>();
  process.setInstance(instance);
  process.setPath("/usr/bin/app");
  process.setUid(uid);
  process.setReason(reason);
  process.initParents(1)[0].setPath("/usr/bin/bash");
  return cache.of(process.asReader());
}

TEST_CASE("flows of one process share its description") {
  auto accounts = Accounts::read();
  ProgramCache cache(accounts);
  auto first = programIn(cache, 1, 1000);
  CHECK(programIn(cache, 1, 1000).get() == first.get());
  CHECK(programIn(cache, 2, 1000).get() != first.get());
  CHECK(programIn(cache, 0, 1000).get() != programIn(cache, 0, 1000).get());
  CHECK(programIn(cache, 1, 0).get() != first.get());
  CHECK(first->facts().parents[0] == "/usr/bin/bash");
}

kj::Own<Program> toldTo(ProgramCache& cache, uint64_t fingerprint, bool brief, kj::StringPtr path) {
  capnp::MallocMessageBuilder message;
  auto process = message.initRoot<proto::Process>();
  process.setInstance(7);
  process.setFingerprint(fingerprint);
  process.setBrief(brief);
  process.setPath(path);
  process.setUid(1000);
  return cache.of(process.asReader());
}

TEST_CASE("a process that is told in brief is the one that was told in full before") {
  auto accounts = Accounts::read();
  ProgramCache cache(accounts);
  auto first = toldTo(cache, 1, false, "/usr/bin/app");
  auto again = toldTo(cache, 1, true, "");
  CHECK(again.get() == first.get());
  CHECK(again->path == "/usr/bin/app");
}

TEST_CASE("what is learned of a process is known in all of its flows") {
  auto accounts = Accounts::read();
  ProgramCache cache(accounts);
  auto first = toldTo(cache, 1, false, "/usr/bin/app");
  toldTo(cache, 2, false, "/usr/bin/other");
  CHECK(first->path == "/usr/bin/other");
}

TEST_CASE("a process whose description was lost is unknown for the moment, not for good") {
  auto accounts = Accounts::read();
  ProgramCache cache(accounts);
  CHECK(toldTo(cache, 1, true, "")->askAgain);
  CHECK_FALSE(toldTo(cache, 1, false, "/usr/bin/app")->askAgain);
  CHECK(toldTo(cache, 2, true, "")->askAgain);
  CHECK(toldTo(cache, 1, true, "")->path == "/usr/bin/app");
}

TEST_CASE("another user's socket of the same process keeps all that is known of the process") {
  auto accounts = Accounts::read();
  ProgramCache cache(accounts);
  toldTo(cache, 1, false, "/usr/bin/app");
  capnp::MallocMessageBuilder message;
  auto process = message.initRoot<proto::Process>();
  process.setInstance(7);
  process.setFingerprint(1);
  process.setBrief(true);
  process.setUid(0);
  auto other = cache.of(process.asReader());
  CHECK(other->path == "/usr/bin/app");
  CHECK(KJ_ASSERT_NONNULL(other->uid) == 0);
}

TEST_CASE("a process of the suite is told by its uid, and nobody by none") {
  auto accounts = Accounts::read();
  ProgramCache cache(accounts);
  CHECK(programIn(cache, 1, accounts.of(Role::RESOLVER).uid)->facts().suite);
  CHECK_FALSE(programIn(cache, 2, 0)->facts().suite);
  CHECK(programIn(cache, 3, 0xffffffff)->facts().uid == nullptr);
}

TEST_CASE("programs that are forgotten live on in their flows") {
  auto accounts = Accounts::read();
  ProgramCache cache(accounts, 2);
  auto first = programIn(cache, 1, 1000);
  for (uint64_t instance = 2; instance < 10; instance++) programIn(cache, instance, 1000);
  CHECK(first->path == "/usr/bin/app");
  CHECK(programIn(cache, 1, 1000).get() != first.get());
}

TEST_CASE("percentiles of evaluation times are right to within an eighth") {
  EvaluationTime time;
  CHECK(time.percentileUs(50) == 0);
  for (uint64_t i = 1; i <= 1000; i++) time.record(i * 1000);
  CHECK(time.percentileUs(50) >= 500);
  CHECK(time.percentileUs(50) <= 500 * 1.125);
  CHECK(time.percentileUs(99) >= 990);
  CHECK(time.percentileUs(99) <= 990 * 1.125);
}

}  // namespace
}  // namespace portreeve::policy
