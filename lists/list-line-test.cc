// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/list-line.h"

#include <doctest/doctest.h>
#include <kj/vector.h>

#include <string>

namespace portreeve::lists {
namespace {

using namespace name_list;

kj::String read(std::string_view line, Format format = Format::AUTO) {
  kj::Vector<kj::String> seen;
  auto result = readLine(line, format, [&](std::string_view name, uint64_t kinds) {
    seen.add(kj::str(kj::heapString(name.data(), name.size()), kinds & SELF ? " self" : "",
                     kinds & BELOW ? " below" : "",
                     kinds & (ALLOW_SELF | ALLOW_BELOW) ? " allow" : ""));
  });
  return result.understood ? kj::strArray(seen, ", ") : kj::str("?");
}

}  // namespace

TEST_CASE("each usual format is told by its line") {
  CHECK(read("0.0.0.0 Ads.Example") == "ads.example self");
  CHECK(read("127.0.0.1\tads.example track.example # both") ==
        "ads.example self, track.example self");
  CHECK(read("::1 ads.example") == "ads.example self");
  CHECK(read("ads.example") == "ads.example self below");
  CHECK(read("*.ads.example") == "ads.example below");
  CHECK(read("address=/ads.example/0.0.0.0") == "ads.example self below");
  CHECK(read("local=/ads.example/") == "ads.example self below");
  CHECK(read("server=/a.example/b.example/") == "a.example self below, b.example self below");
  CHECK(read("ads.example CNAME .") == "ads.example self");
  CHECK(read("*.ads.example 300 IN CNAME .") == "ads.example below");
  CHECK(read("good.example CNAME rpz-passthru.") == "good.example allow");
  CHECK(read("||ads.example^") == "ads.example self below");
  CHECK(read("||ads.example^$important") == "ads.example self below");
  CHECK(read("@@||good.example^|") == "good.example allow");
}

TEST_CASE("comments list nothing") {
  for (auto line : {"", "  ", "# a comment", "! title", "[Adblock Plus 2.0]", "; rpz", "$TTL 300",
                    "@ SOA localhost. root. 1 2 3 4 5", "0.0.0.0 localhost"})
    CHECK(read(line) == "");
}

TEST_CASE("what lists no name is not taken for one") {
  for (auto line :
       {"||ads.example/banner^", "||ads.example^$script", "example.org##.ad", "not a name at all",
        "-.-..", "ads..example", "address=/ /", "ads.example A 192.0.2.1", "/regex/"})
    CHECK(read(line) == "?");
  std::string label(64, 'a');
  CHECK(read(label + ".example") == "?");
  CHECK(read("ads.example", Format::ADBLOCK) == "?");
  CHECK(read("0.0.0.0 ads.example", Format::DOMAINS) == "?");
}

}  // namespace portreeve::lists
