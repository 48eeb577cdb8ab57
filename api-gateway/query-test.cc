// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/connection-query.h"
#include "api-gateway/etag.h"
#include "api-gateway/history-query.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve::gateway {
namespace {

constexpr uint64_t NOW = 1'764'075'600'000'000'000;  // 2025-11-25T13:00:00Z, ns

struct Connections {
  capnp::MallocMessageBuilder message;
  capnp::List<proto::view::Connection>::Builder list =
      message.initRoot<proto::view::ConnectionPage>().initConnections(4);

  Connections() {
    const char* programs[] = {"/usr/bin/b", "/usr/bin/a", "/usr/bin/c", "/usr/bin/a"};
    double bytes[] = {5, 100, 20, 7};
    for (unsigned i = 0; i < 4; i++) {
      list[i].setId(i + 1);
      list[i].setTime(kj::str("2025-11-25T13:00:0", i, ".000Z"));
      list[i].setBytesIn(bytes[i]);
      list[i].setDirection(i == 3 ? "in" : "out");
      list[i].initRemote().setPort(uint16_t(440 + i));
      auto process = list[i].initProcess();
      process.setPath(programs[i]);
      process.setUser(i == 0 ? "root" : "alice");
      process.setUid(i == 0 ? 0 : 1000);
      list[i].setDomain(i == 2 ? "Example.org" : "");
    }
  }

  kj::String page(kj::StringPtr query) {
    auto parsed = ConnectionQuery::parse(query);
    REQUIRE(parsed.is<ConnectionQuery>());
    capnp::MallocMessageBuilder answer;
    auto page = answer.initRoot<proto::view::ConnectionPage>();
    parsed.get<ConnectionQuery>().page(list, page);
    kj::Vector<kj::String> ids;
    for (auto one : page.getConnections()) ids.add(kj::str(uint64_t(one.getId())));
    return kj::str(kj::strArray(ids, " "), " of ", uint64_t(page.getTotal()),
                   page.getNext().size() > 0 ? kj::str(", next ", page.getNext()) : kj::str());
  }
};

TEST_CASE("connections are filtered, sorted and cut on the server") {
  Connections c;
  CHECK(c.page("") == "1 2 3 4 of 4");
  CHECK(c.page("limit=2") == "3 4 of 4");
  CHECK(c.page("sort=program") == "2 4 1 3 of 4");
  CHECK(c.page("sort=-bytes_in&limit=2") == "2 3 of 4, next 2");
  CHECK(c.page("sort=-bytes_in&limit=2&offset=2") == "4 1 of 4");
  CHECK(c.page("sort=-time") == "4 3 2 1 of 4");
  CHECK(c.page("user=alice&sort=time&limit=1") == "2 of 3, next 1");
  CHECK(c.page("user=0") == "1 of 1");
  CHECK(c.page("direction=in") == "4 of 1");
  CHECK(c.page("port=441") == "2 of 1");
  CHECK(c.page("text=example") == "3 of 1");
  CHECK(c.page("offset=100") == " of 4");
}

TEST_CASE("policy is asked for all that it has where the answer is not its to choose") {
  auto asks = [](kj::StringPtr query) {
    capnp::MallocMessageBuilder message;
    auto filter = message.initRoot<proto::ConnectionFilter>();
    ConnectionQuery::parse(query).get<ConnectionQuery>().to(filter);
    return filter.getLimit();
  };
  CHECK(asks("limit=5") == 5);
  CHECK(asks("limit=5&program=curl") == 5);
  CHECK(asks("limit=5&sort=program") == MOST_LOOKED_AT);
  CHECK(asks("limit=5&text=x") == MOST_LOOKED_AT);
}

TEST_CASE("text that is not UTF-8 is told from text that is") {
  for (auto good : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
                    "\xf4\x8f\xbf\xbf"})
    CHECK(isUtf8(kj::StringPtr(good)));
  for (auto bad : {"\xff", "\xc0\xaf", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                   "\xe0\x80\xaf", "\x80", "\xf8\x88\x80\x80\x80", "a\xc3z"})
    CHECK_FALSE(isUtf8(kj::StringPtr(bad)));
}

TEST_CASE("a moment is a time or a span before now") {
  CHECK(KJ_ASSERT_NONNULL(parseMoment("1h", NOW)) == NOW / 1'000'000 - 3'600'000);
  CHECK(KJ_ASSERT_NONNULL(parseMoment("2025-11-25T13:00:00Z", NOW)) == NOW / 1'000'000);
  CHECK(KJ_ASSERT_NONNULL(parseMoment("2025-11-25T13:00:00.250Z", NOW)) == NOW / 1'000'000 + 250);
  CHECK(KJ_ASSERT_NONNULL(parseMoment("4000000000d", NOW)) == 1);
  for (auto wrong : {"", "h", "1", "1y", "-1h", "2025-11-25", "2025-11-25T13:00:00", "yesterday",
                     "1969-01-01T00:00:00Z", "99999999999999999999h"})
    CHECK(parseMoment(wrong, NOW) == nullptr);
}

TEST_CASE("If-Match takes one of a list, or all, and no weak tag") {
  CHECK(matchesEtag("\"a\"", "\"a\""));
  CHECK(matchesEtag("\"b\", \"a\"", "\"a\""));
  CHECK(matchesEtag("*", "\"a\""));
  CHECK_FALSE(matchesEtag("\"b\"", "\"a\""));
  CHECK_FALSE(matchesEtag("W/\"a\"", "\"a\""));
  CHECK_FALSE(matchesEtag("a", "\"a\""));
}

}  // namespace
}  // namespace portreeve::gateway
