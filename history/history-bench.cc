// SPDX-License-Identifier: GPL-3.0-or-later
// Measures the historian's database without the suite around it:
//
//   history-bench FILE ROWS    makes FILE with that many connections by the historian's own code,
//                              then asks for the last hour of one program, counts, and replays
//
// One program of 200 has each connection; they come evenly over 30 days. Times are of this process
// alone, in ms; each question is asked 21 times, and the median and the longest are told.
#include "common/clock.h"
#include "history/engine.h"
#include "history/queries.h"
#include "history/replay.h"
#include "history/rule-texts.h"

#include <kj/debug.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <vector>

namespace portreeve::history {
namespace {

constexpr uint64_t DAY_NS = 86'400'000'000'000;
constexpr uint PROGRAMS = 200;
constexpr uint BATCH = 4096;
constexpr int ROUNDS = 21;

uint64_t mixed(uint64_t x) {
  // splitmix64: the same rows at every run.
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

class Rows {
  // One message with that many.
public:
  explicit Rows(uint count) {
    auto batch = message->initRoot<proto::Recorder::ConnectionsParams>().initBatch();
    described = batch.initDescribed(count);
    programs = batch.initPrograms(count);
    texts.add(kj::str());
    allow = text(kj::str("web"));
    block = text(kj::str("no"));
    reason = text(kj::str("/etc/portreeve/rules.d/10-web.toml:1"));
    byProcess = text(kj::str("process"));
  }

  void add(uint64_t flow, uint64_t timeNs) {
    uint64_t chance = mixed(flow);
    uint64_t program = chance % PROGRAMS, host = (chance >> 8) % 5000;
    bool refused = (chance >> 24) % 20 == 0;
    auto to = described[at];
    to.setFlow(flow);
    to.setStarted(timeNs);
    to.setEnded(timeNs + 1'000'000'000);
    to.setDirection(proto::Direction::OUT);
    to.setProtocol(6);
    to.setLocalLower(0xffffc000020a);  // ::ffff:192.0.2.10
    to.setLocalPort(uint16_t(32768 + flow % 28000));
    to.setRemoteLower(0xffffcb000000 | (host / 250) << 8 | (host % 250 + 1));
    to.setRemotePort(443);
    to.setDomain(text(kj::str("host", host, ".example.org")));
    to.setNamedBy(byProcess);
    to.setMethod(proto::Method::SOCK_DIAG);
    to.setConfidence(proto::Confidence::CERTAIN);
    to.setVerdict(refused ? proto::Verdict::BLOCK : proto::Verdict::ACCEPT);
    to.setRule(refused ? block : allow);
    to.setReason(reason);
    to.setBytesIn(chance >> 40);
    auto known = to.initNames(1)[0];
    known.setName(to.getDomain());
    known.setSource(byProcess);
    to.setProgram(at);
    describe(programs[at++], program, chance % 7);
  }

  Batch take() {
    auto said = message->getRoot<proto::Recorder::ConnectionsParams>().getBatch().initTexts(
        uint(texts.size()));
    for (uint i = 0; i < said.size(); i++) said.set(i, texts[i]);
    return Batch{Batch::Kind::CONNECTIONS, kj::mv(message), 1};
  }

private:
  kj::Own<capnp::MallocMessageBuilder> message = kj::heap<capnp::MallocMessageBuilder>();
  capnp::List<proto::ConnectionBatch::Described>::Builder described;
  capnp::List<proto::view::Program>::Builder programs;
  kj::Vector<kj::String> texts;
  uint32_t allow, block, reason, byProcess;
  uint at = 0;

  uint32_t text(kj::String text) {
    texts.add(kj::mv(text));
    return uint32_t(texts.size() - 1);
  }

  static void describe(proto::view::Program::Builder process, uint64_t program, uint64_t number) {
    process.setPid(int32_t(1000 + program));
    process.setPath(kj::str("/usr/bin/program-", program));
    process.setName(kj::str("program-", program));
    process.setCmdline(kj::str("/usr/bin/program-", program, " --serve --number ", number));
    process.setUser("alice");
    process.setUid(1000);
    process.setUnit("session-1.scope");
    process.setKind("program");
    auto parent = process.initParents(1)[0];
    parent.setPid(100);
    parent.setPath("/usr/bin/bash");
  }
};

void make(kj::StringPtr file, uint64_t rows, uint64_t nowNs) {
  Engine engine(file, Bounds{3650, 1ull << 40}, []() { return wallNs(); });
  uint64_t begun = monotonicNs();
  for (uint64_t row = 0; row < rows; row += BATCH) {
    uint count = uint(std::min<uint64_t>(BATCH, rows - row));
    Rows some(count);
    for (uint i = 0; i < count; i++)
      some.add(row + i + 1, nowNs - 30 * DAY_NS + (row + i) * (30 * DAY_NS / rows));
    auto batches = kj::arr(some.take());
    auto written = engine.write(batches);
    KJ_REQUIRE(written.outcome == Engine::Written::Outcome::DONE, written.words);
  }
  double seconds = double(monotonicNs() - begun) / 1e9;
  printf("written: %.0f rows/s, %.0f MiB\n", double(rows) / seconds,
         double(engine.fileBytes()) / 1048576);
}

template <typename Ask>
void measure(const char* what, int rounds, Ask&& ask) {
  std::vector<double> times;
  size_t rows = 0;
  for (int i = 0; i < rounds; i++) {
    uint64_t begun = monotonicNs();
    rows = ask();
    times.push_back(double(monotonicNs() - begun) / 1e6);
  }
  std::sort(times.begin(), times.end());
  printf("%-46s %9.2f median %9.2f longest  (%zu)\n", what, times[times.size() / 2], times.back(),
         rows);
}

Filter filterOf(void (*set)(proto::HistoryFilter::Builder, uint64_t), uint64_t nowMs) {
  capnp::MallocMessageBuilder message;
  auto filter = message.initRoot<proto::HistoryFilter>();
  set(filter, nowMs);
  return Filter(filter, UserNames());
}

constexpr auto RULES = R"([[rule]]
name = "no"
action = "block"
domain = ["host1.example.org", "*.ads.test"]

[[rule]]
name = "programs"
action = "allow"
process = { path = "/usr/bin/program-*" }
port = 443

[[rule]]
name = "rest"
action = "drop"
)"_kj;

kj::Own<rules::RuleSet> ruleSet(const Settings::Policy& settings, const UserNames& users) {
  capnp::MallocMessageBuilder message;
  auto text = message.initRoot<proto::History::ReplayParams>().initRules(1);
  text[0].setFile("bench.toml");
  text[0].setText(RULES);
  return compile(text.asReader(), {settings, nullptr}, users, "/nonexistent");
}

void ask(kj::StringPtr file, uint64_t nowNs) {
  Database database(file, Database::Mode::READ_ONLY);
  uint64_t nowMs = nowNs / 1'000'000;
  auto connections = [&](const Filter& filter) {
    auto answer = findConnections(database, filter, 0);
    return size_t(answer->getRoot<proto::view::ConnectionPage>().getConnections().size());
  };
  auto hour = filterOf(
      [](auto filter, uint64_t now) {
        filter.setProgram("program-7");
        filter.setSince(now - 3'600'000);
        filter.setLimit(1000);
      },
      nowMs);
  measure("the last hour of one program", ROUNDS, [&]() { return connections(hour); });
  auto newest = filterOf([](auto filter, uint64_t) { filter.setLimit(1000); }, nowMs);
  measure("the newest 1000", ROUNDS, [&]() { return connections(newest); });
  auto domain = filterOf(
      [](auto filter, uint64_t) {
        filter.setDomain("host17.example.org");
        filter.setLimit(100);
      },
      nowMs);
  measure("the newest 100 to one name", ROUNDS, [&]() { return connections(domain); });
  auto day = filterOf(
      [](auto filter, uint64_t now) {
        filter.setSince(now - 86'400'000);
        filter.setLimit(20);
      },
      nowMs);
  measure("counted by program, one day", 5, [&]() {
    auto answer = summarize(database, day, "program");
    return size_t(answer->getRoot<proto::History::SummaryResults>().getGroups().size());
  });
  Settings::Policy settings;
  UserNames users;
  auto set = ruleSet(settings, users);
  auto accounts = Accounts::read();
  int64_t rows = database.number("SELECT count(*) FROM connection");
  int64_t since = rows <= 1'000'000 ? 0
                                    : database.number(
                                          "SELECT started FROM connection ORDER BY started DESC "
                                          "LIMIT 1 OFFSET 999999");
  measure("replay of the newest million", 3, [&]() {
    auto answer = replay(database, *set, Span{since, 0}, accounts);
    return size_t(answer->getRoot<proto::view::ReplayOutcome>().getConnections());
  });
}

}  // namespace

int run(int argumentCount, char** arguments) {
  if (argumentCount != 3) {
    fprintf(stderr, "usage: history-bench FILE ROWS\n");
    return 2;
  }
  uint64_t now = wallNs();
  make(arguments[1], strtoull(arguments[2], nullptr, 10), now);
  ask(arguments[1], now);
  return 0;
}

}  // namespace portreeve::history

int main(int argc, char** argv) {
  return portreeve::history::run(argc, argv);
}
