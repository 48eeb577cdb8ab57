// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/connection-view.h"
#include "policy/connection-filter.h"
#include "policy/test-flows.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

namespace view = proto::view;

struct Shown {
  capnp::MallocMessageBuilder message;
  view::Connection::Builder connection = message.initRoot<view::Connection>();

  explicit Shown(const Flow& flow) { fill(connection, flow, rules::testUsers()); }
};

TEST_CASE("a connection shows who goes where, when, and what was decided") {
  auto flow = curlFlow();
  flow.id = 17;
  flow.bytesIn = 5000;
  flow.bytesOut = 300;
  Shown shown(flow);
  auto seen = shown.connection.asReader();
  CHECK(seen.getId() == 17);
  CHECK(seen.getTime() == "2027-01-15T08:00:00.000Z");
  CHECK(seen.getDirection() == "out");
  CHECK(seen.getProtocol() == "tcp");
  CHECK(seen.getLocal().getAddress() == "192.0.2.10");
  CHECK(seen.getLocal().getPort() == 40000);
  CHECK(seen.getRemote().getAddress() == "203.0.113.5");
  CHECK(seen.getRemote().getPort() == 443);
  CHECK(seen.getDomain() == "example.org");
  CHECK(seen.getNamedBy() == "process");
  CHECK(seen.getVerdict().getAction() == "allow");
  CHECK(seen.getVerdict().getMark() == 1710);
  CHECK(seen.getVerdict().getRule() == "web");
  CHECK(seen.getVerdict().getReason() == "test.toml:1");
  CHECK(seen.getBytesIn() == 5000);
  CHECK(seen.getBytesOut() == 300);
  CHECK(seen.getState() == "open");
  CHECK(seen.getEnded() == "");
}

TEST_CASE("a connection that was not let through is refused, not open, until it has ended") {
  auto flow = curlFlow();
  for (auto verdict : {proto::Verdict::BLOCK, proto::Verdict::DROP_ONCE}) {
    flow.judgement.verdict = verdict;
    CHECK(Shown(flow).connection.asReader().getState() == "refused");
  }
  flow.endedNs = flow.startedNs + 1;
  CHECK(Shown(flow).connection.asReader().getState() == "ended");
}

TEST_CASE("the program is shown with its user by name, its parents, and how it was found") {
  Shown shown(curlFlow());
  auto program = shown.connection.asReader().getProcess();
  CHECK(program.getPid() == 4711);
  CHECK(program.getPath() == "/usr/bin/curl");
  CHECK(program.getName() == "curl");
  CHECK(program.getCmdline() == "curl https://example.org/");
  CHECK(program.getUser() == "alice");
  CHECK(program.getUid() == 1000);
  CHECK(program.getUnit() == "session-1.scope");
  CHECK(program.getParents()[0].getPath() == "/usr/bin/bash");
  CHECK(program.getMethod() == "sock_diag");
  CHECK(program.getKind() == "program");
  CHECK(program.getConfidence() == "certain");
}

TEST_CASE("a process that was not found has no user and says why") {
  auto flow = curlFlow(1, Program::unknown("the reader did not answer"));
  flow.process.method = proto::Method::NONE;
  flow.process.confidence = proto::Confidence::NONE;
  Shown shown(flow);
  auto program = shown.connection.asReader().getProcess();
  CHECK(program.getKind() == "unknown");
  CHECK(program.getUser() == "");
  CHECK(program.getUid() == 4294967295);
  CHECK(program.getMethod() == "none");
  CHECK(program.getReason() == "the reader did not answer");
}

TEST_CASE("an ended connection says when, an incoming one has its ends the other way round") {
  auto flow = curlFlow();
  flow.direction = rules::Direction::IN;
  flow.endedNs = rules::NOW + 1'500'000'000;
  Shown shown(flow);
  auto seen = shown.connection.asReader();
  CHECK(seen.getState() == "ended");
  CHECK(seen.getEnded() == "2027-01-15T08:00:01.500Z");
  CHECK(seen.getDirection() == "in");
  CHECK(seen.getLocal().getAddress() == "203.0.113.5");
  CHECK(seen.getLocal().getPort() == 443);
}

TEST_CASE("a verdict for once has the same action and another mark") {
  auto flow = curlFlow();
  flow.judgement.verdict = proto::Verdict::BLOCK_ONCE;
  Shown shown(flow);
  CHECK(shown.connection.asReader().getVerdict().getAction() == "block");
  CHECK(shown.connection.asReader().getVerdict().getMark() == 1701);
}

TEST_CASE("the rough size is not far from the real one") {
  auto flow = curlFlow();
  Shown shown(flow);
  size_t real = shown.message.sizeInWords() * sizeof(capnp::word);
  CHECK(roughBytes(flow) >= real);
  CHECK(roughBytes(flow) <= 3 * real);
}

// Filters -----------------------------------------------------------------------------------------

template <typename Set>
ConnectionFilter filter(Set&& set) {
  capnp::MallocMessageBuilder message;
  auto builder = message.initRoot<proto::ConnectionFilter>();
  set(builder);
  return ConnectionFilter(builder);
}

TEST_CASE("an empty filter takes everything, a thousand at most") {
  auto all = filter([](auto) {});
  auto flow = curlFlow();
  flow.id = 1;
  CHECK(all.matches(flow));
  CHECK(all.limit() == 1000);
  CHECK(filter([](auto f) { f.setLimit(4000000000); }).limit() == ConnectionFilter::LARGEST_LIMIT);
}

TEST_CASE("a program is told by its path or the last component of it") {
  auto flow = curlFlow();
  flow.id = 1;
  for (auto name : {"curl", "/usr/bin/curl"})
    CHECK(filter([&](auto f) { f.setProgram(name); }).matches(flow));
  for (auto name : {"url", "bin/curl", "/bin/curl", "curl "})
    CHECK_FALSE(filter([&](auto f) { f.setProgram(name); }).matches(flow));
}

TEST_CASE("action, state and id narrow what is shown") {
  auto flow = curlFlow();
  flow.id = 10;
  CHECK(filter([](auto f) { f.setAction("allow"); }).matches(flow));
  CHECK_FALSE(filter([](auto f) { f.setAction("block"); }).matches(flow));
  CHECK(filter([](auto f) { f.setAfterId(9); }).matches(flow));
  CHECK_FALSE(filter([](auto f) { f.setAfterId(10); }).matches(flow));
  auto open = filter([](auto f) { f.setOpenOnly(true); });
  CHECK(open.matches(flow));
  flow.endedNs = 1;
  CHECK_FALSE(open.matches(flow));
  CHECK(open.matchesChange(flow));
  CHECK(filter([](auto f) { f.setAfterId(10); }).matchesChange(flow));
}

}  // namespace
}  // namespace portreeve::policy
