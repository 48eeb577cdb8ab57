// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/test-history.h"

#include <doctest/doctest.h>

namespace portreeve::history {
namespace {

struct Past : TestHistory {
  Past() {
    write({{.flow = 1, .startedNs = at(1), .program = "/usr/bin/curl", .domain = "www.example.org"},
           {.flow = 2,
            .startedNs = at(2),
            .program = "/opt/bin/curl",
            .domain = "example.org",
            .remote = "2001:db8::7",
            .action = "block",
            .rule = "no"},
           {.flow = 3,
            .startedNs = at(3),
            .program = "/usr/bin/wget",
            .domain = "",
            .remotePort = 80,
            .uid = 0},
           {.flow = 4,
            .startedNs = at(4),
            .program = "/usr/bin/curl",
            .domain = "notexample.org",
            .remote = "203.0.113.99",
            .bytesIn = 10}});
  }
  static uint64_t at(uint64_t seconds) { return NOW + seconds * NS_A_SECOND; }

  template <typename Set>
  kj::String flows(Set&& set) {
    auto from = database();
    Answer answer = findConnections(from, filter(set), 0);
    kj::Vector<kj::String> numbers;
    for (auto one : answer->getRoot<proto::view::ConnectionPage>().getConnections())
      numbers.add(kj::str(uint64_t(one.getId()) & ((1ull << LIFE_SHIFT) - 1)));
    return kj::strArray(numbers, " ");
  }
};

TEST_CASE("each condition takes what it says and nothing else, the newest first") {
  Past p;
  CHECK(p.flows([](auto) {}) == "4 3 2 1");
  CHECK(p.flows([](auto f) { f.setOldestFirst(true); }) == "1 2 3 4");
  CHECK(p.flows([](auto f) { f.setProgram("/usr/bin/curl"); }) == "4 1");
  CHECK(p.flows([](auto f) { f.setProgram("curl"); }) == "4 2 1");
  CHECK(p.flows([](auto f) { f.setProgram("cur"); }) == "");
  CHECK(p.flows([](auto f) { f.setAction("block"); }) == "2");
  CHECK(p.flows([](auto f) { f.setRule("no"); }) == "2");
  CHECK(p.flows([](auto f) { f.setUser("alice"); }) == "4 2 1");
  CHECK(p.flows([](auto f) { f.setUser("0"); }) == "3");
  CHECK(p.flows([](auto f) { f.setUnit("session-1.scope"); }) == "4 3 2 1");
  CHECK(p.flows([](auto f) { f.setUnit("other.service"); }) == "");
  CHECK(p.flows([](auto f) { f.setDomain("example.org"); }) == "2");
  CHECK(p.flows([](auto f) { f.setDomain("*.example.org"); }) == "1");
  CHECK(p.flows([](auto f) { f.setDomain(".example.org"); }) == "2 1");
  CHECK(p.flows([](auto f) { f.setDomain("*.ex_mple.org"); }) == "");
  CHECK(p.flows([](auto f) { f.setRemote("203.0.113.0/25"); }) == "4 3 1");
  CHECK(p.flows([](auto f) { f.setRemote("203.0.113.5"); }) == "3 1");
  CHECK(p.flows([](auto f) { f.setRemote("2001:db8::/32"); }) == "2");
  CHECK(p.flows([](auto f) { f.setPort(80); }) == "3");
  CHECK(p.flows([](auto f) { f.setProtocol("udp"); }) == "");
  CHECK(p.flows([](auto f) { f.setDirection("in"); }) == "");
  CHECK(p.flows([](auto f) { f.setSince(Past::at(3) / 1'000'000); }) == "4 3");
  CHECK(p.flows([](auto f) { f.setUntil(Past::at(3) / 1'000'000); }) == "2 1");
  CHECK(p.flows([](auto f) {
    f.setProgram("curl");
    f.setAction("allow");
  }) == "4 1");
}

TEST_CASE("pages follow one another without a gap and without a double, for several programs too") {
  for (bool oldest : {false, true}) {
    for (auto program : {""_kj, "curl"_kj}) {
      Past p;
      kj::Vector<kj::String> numbers;
      kj::String cursor = kj::str();
      auto from = p.database();
      for (int pages = 0; pages < 10; pages++) {
        Answer answer = findConnections(from, p.filter([&](auto f) {
          f.setLimit(1);
          f.setProgram(program);
          f.setCursor(cursor);
          f.setOldestFirst(oldest);
        }),
                                        0);
        auto page = answer->getRoot<proto::view::ConnectionPage>();
        for (auto one : page.getConnections())
          numbers.add(kj::str(uint64_t(one.getId()) & ((1ull << LIFE_SHIFT) - 1)));
        cursor = kj::str(page.getNext());
        if (cursor.size() == 0) break;
      }
      auto all = kj::strArray(numbers, " ");
      if (program.size() == 0)
        CHECK(all == (oldest ? "1 2 3 4" : "4 3 2 1"));
      else
        CHECK(all == (oldest ? "1 2 4" : "4 2 1"));
    }
  }
}

TEST_CASE("what makes no sense is refused with a word on what would") {
  Past p;
  auto words = [&](auto&& set) {
    KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { p.filter(set); }))
      return kj::str(e->getDescription());
    return kj::str("accepted");
  };
  CHECK(words([](auto f) { f.setAction("permit"); }).startsWith("action: \"permit\" is none"));
  CHECK(words([](auto f) { f.setRemote("example.org"); }).startsWith("remote: \"example.org\""));
  CHECK(words([](auto f) { f.setUser("nobody-here"); }).startsWith("user: there is no"));
  CHECK(words([](auto f) { f.setDirection("up"); }).startsWith("direction:"));
  CHECK(words([](auto f) { f.setProtocol("smoke"); }).startsWith("protocol:"));
  CHECK(words([](auto f) { f.setCursor("1-2; DROP TABLE connection"); }).startsWith("cursor:"));
  CHECK(words([](auto f) { f.setSince(~0ull); }).startsWith("a time"));
}

TEST_CASE("text of others never becomes part of a statement") {
  Past p;
  for (auto evil : {"' OR 1=1 --"_kj, "\" OR \"\"=\""_kj, "%"_kj, "*.%"_kj}) {
    CHECK(p.flows([&](auto f) { f.setProgram(evil); }) == "");
    CHECK(p.flows([&](auto f) { f.setDomain(evil); }) == "");
    CHECK(p.flows([&](auto f) { f.setRule(evil); }) == "");
    CHECK(p.flows([&](auto f) { f.setUnit(evil); }) == "");
  }
  CHECK(p.count() == 4);
}

TEST_CASE("connections are counted by what is asked, the largest first") {
  Past p;
  auto from = p.database();
  auto groups = [&](kj::StringPtr by) {
    auto answer = summarize(from, p.all(), by);
    kj::Vector<kj::String> words;
    for (auto group : answer->getRoot<proto::History::SummaryResults>().getGroups())
      words.add(kj::str(group.getKey(), '=', uint64_t(group.getConnections()), '/',
                        uint64_t(group.getRefused()), '/', uint64_t(group.getBytesIn())));
    return kj::strArray(words, " ");
  };
  CHECK(groups("program") == "/usr/bin/curl=2/0/10 /opt/bin/curl=1/1/0 /usr/bin/wget=1/0/0");
  CHECK(groups("action") == "allow=3/0/10 block=1/1/0");
  CHECK(groups("user") == "alice=3/1/10 alice=1/0/0");
  CHECK(groups("remote").startsWith("203.0.113.5=2/0/0"));
  CHECK(groups("hour") == "2025-11-25T13:00:00.000Z=4/1/10");
  CHECK(groups("day") == "2025-11-25T00:00:00.000Z=4/1/10");
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { summarize(from, p.all(), "colour"); }))
    CHECK(e->getDescription().startsWith("by: \"colour\" is not known"));
  else
    FAIL("accepted");
}

TEST_CASE("names that were asked for are found by name, program and what became of them") {
  TestHistory h;
  h.write(questionOf("example.org", "allow"), questionOf("bad.test", "block", NOW + NS_A_SECOND));
  auto from = h.database();
  auto names = [&](auto&& set) {
    Answer answer = findQueries(from, h.filter(set));
    kj::Vector<kj::String> words;
    for (auto query : answer->getRoot<proto::view::NameQueryPage>().getQueries())
      words.add(kj::str(query.getName(), '/', query.getType(), '/', query.getProgram()));
    return kj::strArray(words, " ");
  };
  CHECK(names([](auto) {}) == "bad.test/AAAA//usr/bin/curl example.org/AAAA//usr/bin/curl");
  CHECK(names([](auto f) { f.setAction("block"); }) == "bad.test/AAAA//usr/bin/curl");
  CHECK(names([](auto f) { f.setDomain("example.org"); }) == "example.org/AAAA//usr/bin/curl");
  CHECK(names([](auto f) { f.setProgram("wget"); }) == "");
  CHECK(kj::runCatchingExceptions([&]() { names([](auto f) { f.setPort(1); }); }) != nullptr);
}

TEST_CASE("a question that takes too long is broken off and says so") {
  TestHistory h;
  h.write({{.flow = 1}});
  auto from = h.database();
  from.limitTime(1);
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                 from.number(
                     "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x "
                     "< 100000000) SELECT count(*) FROM c");
               })) {
    CHECK(e->getType() == kj::Exception::Type::OVERLOADED);
    CHECK(e->getDescription().startsWith("this takes too long"));
  } else {
    FAIL("it was let go on");
  }
  from.limitTime(0);
  CHECK(from.number("SELECT count(*) FROM connection") == 1);
}

}  // namespace
}  // namespace portreeve::history
