// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/connection-query.h"

#include <doctest/doctest.h>

namespace portreeve::gateway {
namespace {

ConnectionQuery parsed(kj::StringPtr text) {
  auto result = ConnectionQuery::parse(text);
  REQUIRE_MESSAGE(result.is<ConnectionQuery>(), text.cStr());
  return kj::mv(result.get<ConnectionQuery>());
}

TEST_CASE("an empty query wants the newest thousand of everything") {
  auto query = parsed("");
  CHECK(query.limit == MAX_LIMIT);
  CHECK(query.program.size() == 0);
  CHECK(query.action.size() == 0);
  CHECK_FALSE(query.openOnly);
}

TEST_CASE("each key narrows, percent-encoded or not") {
  auto query = parsed("limit=5&program=%2Fusr%2Fbin%2Fmy+browser&action=block&open=true");
  CHECK(query.limit == 5);
  CHECK(query.program == "/usr/bin/my browser");
  CHECK(query.action == "block");
  CHECK(query.openOnly);
  CHECK(parsed("program=&limit=&&open=false").program.size() == 0);
}

TEST_CASE("a wrong value or an unknown key is refused with a reason") {
  for (auto text : {"limit=0", "limit=1001", "limit=-1", "limit=99999999999999999999",
                    "action=maybe", "open=1", "colour=red", "=x", "program=%zz", "program=a%00b"}) {
    auto result = ConnectionQuery::parse(text);
    REQUIRE_MESSAGE(result.is<Wrong>(), text);
    CHECK(result.get<Wrong>().reason.size() > 0);
  }
}

TEST_CASE("the id to go on behind is for the live stream alone") {
  ConnectionQuery::OfStream stream;
  auto query = ConnectionQuery::parse("after=a1-17&program=curl&present=true", stream);
  REQUIRE(query.is<ConnectionQuery>());
  CHECK(stream.after == "a1-17");
  CHECK(stream.present);
  CHECK(query.get<ConnectionQuery>().program == "curl");
  CHECK(ConnectionQuery::parse("after=a1-17").is<Wrong>());
}

}  // namespace
}  // namespace portreeve::gateway
