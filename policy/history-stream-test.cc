// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/history-stream.h"

#include "policy/test-flows.h"
#include "policy/test-folders.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

struct Told {
  kj::Vector<uint64_t> ids;
  kj::Vector<kj::String> states, programs, rules, names, progress, questions;
  size_t programCount = 0;
  uint64_t missedConnections = 0, missedQueries = 0;
  uint64_t messages = 0;
  bool gone = false;
  bool refuses = false;
  kj::Maybe<kj::ForkedPromise<void>> disk;  // each call waits for it
};

class TestRecorder final : public proto::Recorder::Server {
public:
  explicit TestRecorder(Told& told) : told(told) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    if (told.refuses) return KJ_EXCEPTION(FAILED, "not understood");
    told.messages++;
    auto batch = context.getParams().getBatch();
    auto texts = batch.getTexts();
    for (auto one : batch.getDescribed()) {
      told.ids.add(one.getFlow());
      told.states.add(kj::str(one.getEnded() > 0 ? "ended" : "open"));
      told.programs.add(kj::str(batch.getPrograms()[one.getProgram()].getPath()));
      told.rules.add(kj::str(texts[one.getRule()]));
      for (auto name : one.getNames())
        told.names.add(kj::str(texts[name.getName()], '/', texts[name.getSource()]));
    }
    for (auto one : batch.getProgressed())
      told.progress.add(
          kj::str(one.getFlow(), one.getEnded() > 0 ? " ended " : " open ", one.getBytesIn()));
    told.programCount += batch.getPrograms().size();
    return written();
  }

  kj::Promise<void> queries(QueriesContext context) override {
    for (auto one : context.getParams().getAsked())
      told.questions.add(kj::str(one.getProgram(), ' ', one.getUser(), ' ', one.getName(), ' ',
                                 one.getType(), ' ', one.getAction(), ' ', one.getRule()));
    return written();
  }

  kj::Promise<void> missed(MissedContext context) override {
    told.missedConnections += context.getParams().getConnections();
    told.missedQueries += context.getParams().getQueries();
    return written();
  }

private:
  Told& told;

  kj::Promise<void> written() {
    if (told.gone) return KJ_EXCEPTION(DISCONNECTED, "gone");
    KJ_IF_MAYBE (disk, told.disk) return disk->addBranch();
    return kj::READY_NOW;
  }
};

struct Fixture {
  TestLoop loop;
  FlowTable flows{FlowTable::OPEN_CAPACITY, 4};
  HistoryStream stream{flows, rules::testUsers(), loop.timer, {}, 7};
  Told told;

  proto::Recording::Client record() { return stream.record(kj::heap<TestRecorder>(told)); }

  Flow& add(uint16_t localPort) {
    auto& flow = flows.add(curlFlow(localPort));
    flows.changed(flow);
    return flow;
  }
  void pass() { loop.pass(HistoryStream::PAUSE * 4); }
  void passLong() {
    for (int i = 0; i < 20; i++) pass();
  }
};

TEST_CASE("a connection that began and ended between two messages is told once, with its names") {
  Fixture f;
  auto recording = f.record();
  auto& flow = f.add(1);
  f.flows.changed(flow);
  f.flows.end(flow, rules::NOW);
  f.pass();
  REQUIRE(f.told.ids.size() == 1);
  CHECK(f.told.states[0] == "ended");
  CHECK(f.told.names[0] == "example.org/process");
}

TEST_CASE("of a connection that was described only bytes and end are told, until more is new") {
  Fixture f;
  auto recording = f.record();
  auto& flow = f.add(1);
  f.pass();
  REQUIRE(f.told.ids.size() == 1);
  flow.bytesIn = 4242;
  f.flows.progressed(flow);
  f.pass();
  flow.judgement.rule = kj::str("another");
  f.flows.changed(flow);
  f.pass();
  f.flows.end(flow, rules::NOW);
  f.pass();
  REQUIRE(f.told.ids.size() == 2);
  CHECK(f.told.rules[1] == "another");
  REQUIRE(f.told.progress.size() == 2);
  CHECK(f.told.progress[0] == "1 open 4242");
  CHECK(f.told.progress[1] == "1 ended 4242");
}

TEST_CASE("the connections of one process are told with one description of it") {
  Fixture f;
  auto recording = f.record();
  auto program = curl();
  for (uint16_t port = 1; port <= 3; port++) {
    auto& flow = f.flows.add(curlFlow(port, kj::addRef(*program)));
    f.flows.changed(flow);
  }
  f.add(4);  // of another process
  f.pass();
  REQUIRE(f.told.ids.size() == 4);
  CHECK(f.told.programCount == 2);
  for (auto& path : f.told.programs) CHECK(path == "/usr/bin/curl");
}

TEST_CASE("a new historian, or one that refused something, is told all of what goes on") {
  Fixture f;
  auto recording = f.record();
  auto& flow = f.add(1);
  f.pass();
  recording = f.record();
  f.flows.progressed(flow);
  f.pass();
  CHECK(f.told.ids.size() == 2);
  f.told.refuses = true;
  f.flows.progressed(flow);
  f.pass();
  f.told.refuses = false;
  f.flows.progressed(flow);
  f.pass();
  CHECK(f.told.ids.size() == 3);
  CHECK(f.told.progress.size() == 0);
}

TEST_CASE("what happened before the historian came is told when it comes") {
  Fixture f;
  f.add(1);
  f.add(2);
  f.pass();
  auto recording = f.record();
  f.pass();
  CHECK(f.told.ids.size() == 2);
}

TEST_CASE("what was sent but not written when the historian died is sent to the next one") {
  Fixture f;
  f.told.gone = true;
  auto recording = f.record();
  f.add(1);
  f.pass();
  CHECK_FALSE(f.stream.recording());
  f.told.gone = false;
  recording = f.record();
  f.pass();
  CHECK(f.told.ids.size() == 2);  // both attempts came to the same test object
  CHECK(f.told.ids[1] == 1);
  CHECK(f.stream.waitingCount() == 0);
}

TEST_CASE(
    "a disk that does not take anything stops the sending, and nothing grows past the table") {
  Fixture f;
  auto disk = kj::newPromiseAndFulfiller<void>();
  f.told.disk = disk.promise.fork();
  auto recording = f.record();
  size_t most = HistoryStream::WINDOW * HistoryStream::BATCH;
  for (size_t i = 0; i < most + 500; i++) f.add(uint16_t(i));
  f.passLong();
  CHECK(f.told.messages == HistoryStream::WINDOW);
  CHECK(f.stream.waitingCount() == 500);
  disk.fulfiller->fulfill();
  f.told.disk = nullptr;
  f.passLong();
  CHECK(f.told.ids.size() == most + 500);
}

TEST_CASE("what was forgotten before its turn came is told as a number") {
  Fixture f;
  for (uint16_t i = 0; i < 10; i++) f.flows.end(f.add(i), rules::NOW);
  auto recording = f.record();
  f.pass();
  f.pass();
  CHECK(f.told.ids.size() == 4);
  CHECK(f.told.missedConnections == 6);
}

TEST_CASE("what the historian refuses is counted and not sent again") {
  Fixture f;
  f.told.refuses = true;
  auto recording = f.record();
  f.add(1);
  f.pass();
  f.told.refuses = false;
  f.add(2);
  f.pass();
  f.pass();
  CHECK(f.told.ids.size() == 1);
  CHECK(f.told.missedConnections == 1);
}

TEST_CASE("a name that was asked for is told with who asked and what came of it") {
  Fixture f;
  auto recording = f.record();
  f.stream.asked(*curl(), "example.org", 28, false, "");
  f.stream.asked(*curl(), "bad.test", 65, true, "no bad names");
  f.stream.asked(*curl(), "odd.test", 4711, false, "");
  f.pass();
  REQUIRE(f.told.questions.size() == 3);
  CHECK(f.told.questions[0] == "/usr/bin/curl alice example.org AAAA allow ");
  CHECK(f.told.questions[1] == "/usr/bin/curl alice bad.test HTTPS block no bad names");
  CHECK(f.told.questions[2] == "/usr/bin/curl alice odd.test TYPE4711 allow ");
}

TEST_CASE("questions that nobody takes are bounded and counted") {
  Fixture f;
  for (size_t i = 0; i < HistoryStream::MOST_QUESTIONS + 3; i++)
    f.stream.asked(*curl(), "example.org", 1, false, "");
  CHECK(f.stream.waitingCount() == HistoryStream::MOST_QUESTIONS);
  auto recording = f.record();
  f.passLong();
  CHECK(f.told.missedQueries == 3);
  CHECK(f.told.questions.size() == HistoryStream::MOST_QUESTIONS);
}

TEST_CASE("where history is switched off nothing is kept for it") {
  TestLoop loop;
  FlowTable flows;
  HistoryStream stream(flows, rules::testUsers(), loop.timer, {false, true}, 7);
  flows.changed(flows.add(curlFlow()));
  stream.asked(*curl(), "example.org", 1, false, "");
  CHECK_FALSE(stream.wanted());
  CHECK(stream.waitingCount() == 0);
}

}  // namespace
}  // namespace portreeve::policy
