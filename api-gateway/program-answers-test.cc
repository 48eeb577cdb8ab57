// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/program-answers.h"

#include "api-gateway/test-site.h"

#include <capnp/message.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

struct Both {
  capnp::MallocMessageBuilder pastMessage, presentMessage, pageMessage;
  capnp::List<view::HistoryGroup>::Builder past =
      pastMessage.initRoot<proto::History::SummaryResults>().initGroups(1);
  capnp::List<view::Connection>::Builder present =
      presentMessage.initRoot<view::ConnectionPage>().initConnections(3);

  Both() {
    past[0].setKey("/usr/bin/curl");
    past[0].setConnections(40);
    past[0].setRefused(3);
    past[0].setBytesIn(5000);
    for (uint i = 0; i < 3; i++) {
      describeConnection(present[i], i + 1);
      present[i].setState(i == 2 ? "ended" : "open");
      present[i].setBytesIn(100);
    }
    present[1].getProcess().setPath("/usr/bin/wget");
    present[2].getProcess().setPath("/usr/bin/wget");
    present[2].getVerdict().setAction("drop");
    present[2].setTime("2026-11-24T14:00:00.000Z");
  }

  view::ProgramPage::Reader page(uint32_t limit = 10) {
    auto made = pageMessage.initRoot<view::ProgramPage>();
    fillPrograms(made, past.asReader(), present.asReader(), limit);
    return made.asReader();
  }
};

TEST_CASE("a program of the past is counted by the historian, and what it has open by policy") {
  Both known;
  auto curl = known.page().getPrograms()[0];
  CHECK(curl.getPath() == "/usr/bin/curl");
  CHECK(curl.getName() == "curl");
  CHECK(curl.getConnections() == 40);
  CHECK(curl.getRefused() == 3);
  CHECK(curl.getBytesIn() == 5000);
  CHECK(curl.getOpen() == 1);
}

TEST_CASE("a program that only policy knows yet is counted from its connections") {
  Both known;
  auto wget = known.page().getPrograms()[1];
  CHECK(wget.getPath() == "/usr/bin/wget");
  CHECK(wget.getConnections() == 2);
  CHECK(wget.getRefused() == 1);
  CHECK(wget.getOpen() == 1);
  CHECK(wget.getBytesIn() == 200);
  CHECK(wget.getFirst() == "2026-11-24T13:56:00.123Z");
  CHECK(wget.getLast() == "2026-11-24T14:00:00.000Z");
  CHECK(known.page(1).getPrograms().size() == 1);
}

TEST_CASE("lines of a series stay in their order where one program has no name") {
  TestSite test;
  test.suite.state.programs = {"/usr/bin/first"_kj, ""_kj, "/usr/bin/second"_kj,
                               "/usr/bin/third"_kj};
  auto series = test.get("/api/v1/history/series", test.logIn());
  auto first = strstr(series.text.cStr(), "/usr/bin/first");
  REQUIRE(first != nullptr);
  auto second = strstr(first, "/usr/bin/second");
  REQUIRE(second != nullptr);
  CHECK(strstr(second, "/usr/bin/third") != nullptr);
}

TEST_CASE("programs, one of them, their series, the owner of a socket are asked over the API") {
  TestSite test;
  auto keys = test.logIn();
  auto list = test.get("/api/v1/programs?since=7d", keys);
  CHECK(list.is(200));
  CHECK(list.has("{\"path\":\"/usr/bin/curl\",\"name\":\"curl\",\"connections\":40,"));
  CHECK(list.has("\"past\":true"));
  auto one = test.get("/api/v1/program?program=/usr/bin/curl", keys);
  CHECK(one.is(200));
  CHECK(one.has("\"domains\":[{\"key\":\"key\""));
  CHECK(one.has("\"names\":[{"));
  CHECK(test.suite.state.summaries.size() == 6);
  CHECK(test.get("/api/v1/program?program=curl", keys).is(400));
  auto series = test.get("/api/v1/history/series?step=day&limit=3", keys);
  CHECK(series.has("{\"step\":\"day\",\"lines\":[{\"program\":\"/usr/bin/curl\",\"points\":[{"));
  CHECK(test.get("/api/v1/history/series?step=week", keys).is(400));
  CHECK(test.get("/api/v1/history/series?limit=11", keys).is(400));
  CHECK(test.get("/api/v1/who?protocol=tcp&local_port=40000", keys)
            .has("\"path\":\"/usr/bin/curl\""));
  CHECK(test.get("/api/v1/who?local_port=40001", keys).is(404));
  for (auto wrong : {"", "?local_port=0", "?local_port=1&protocol=icmp", "?local_port=1&local=x",
                     "?local_port=1&local=::1&remote=127.0.0.1"})
    CHECK_MESSAGE(test.get(kj::str("/api/v1/who", wrong), keys).is(400), wrong);
}

TEST_CASE("where addresses are is told for many at once, each one checked before policy is asked") {
  TestSite test;
  auto keys = test.logIn();
  auto answer = test.get("/api/v1/networks?addresses=198.51.100.7,2001:db8::1", keys);
  CHECK(answer.is(200));
  CHECK(answer.has(
      "{\"networks\":[{\"scope\":\"internet\",\"country\":\"NZ\",\"address\":\"198.51.100.7\"},"));
  CHECK(answer.has("\"address\":\"2001:db8::1\"}]}"));
  kj::StringPtr hundred[100];
  for (auto& one : hundred) one = "192.0.2.1"_kj;
  auto most = kj::strArray(kj::arrayPtr(hundred, 100), ",");
  CHECK(test.get(kj::str("/api/v1/networks?addresses=", most), keys).is(200));
  CHECK(test.get(kj::str("/api/v1/networks?addresses=", most, ",192.0.2.1"), keys).is(400));
  for (auto wrong : {"", "?addresses=", "?addresses=example.org", "?addresses=192.0.2.1,,192.0.2.2",
                     "?address=192.0.2.1"})
    CHECK_MESSAGE(test.get(kj::str("/api/v1/networks", wrong), keys).is(400), wrong);
  CHECK(test.get("/api/v1/networks?addresses=192.0.2.1").is(401));
}

TEST_CASE("without the historian programs are those of the present, and this is said") {
  TestSite test;
  auto keys = test.logIn();
  test.suite.state.historianAway = true;
  auto list = test.get("/api/v1/programs", keys);
  CHECK(list.is(200));
  CHECK(list.has("\"past\":false"));
  CHECK(list.has("\"connections\":1,"));
  CHECK(test.get("/api/v1/program?program=/usr/bin/curl", keys).is(503));
}

TEST_CASE("answers are flushed by sessions that may change alone") {
  TestSite test;
  auto flush = [&](kj::StringPtr keys, kj::StringPtr body) {
    return test.ask(kj::str("POST /api/v1/dns/flush HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys,
                            "Origin: http://127.0.0.1:817\r\nContent-Length: ", body.size(),
                            "\r\n\r\n", body));
  };
  CHECK(flush(test.logIn(), "{}").is(403));
}

TEST_CASE("a name, or all, is flushed") {
  TestSite other;
  other.suite.state.mayChange = true;
  auto keys = other.logIn();
  auto flushAs = [&](kj::StringPtr body) {
    return other.ask(kj::str("POST /api/v1/dns/flush HTTP/1.1\r\nHost: 127.0.0.1:817\r\n", keys,
                             "Origin: http://127.0.0.1:817\r\nContent-Length: ", body.size(),
                             "\r\n\r\n", body));
  };
  CHECK(flushAs("{\"name\":\"example.org\"}").body() == "{\"count\":3}");
  CHECK(flushAs("{\"name\":\"..\"}").is(400));
}

}  // namespace
}  // namespace portreeve::gateway
