// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name-filter.h"

#include "common/name-list-writer.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <unistd.h>

namespace portreeve::resolver {
namespace {

Question question(kj::StringPtr name, uint16_t type = TYPE_A) {
  return {KJ_ASSERT_NONNULL(Name::parse(name)), type};
}

Prepared answered(kj::StringPtr name, kj::StringPtr alias, kj::StringPtr address) {
  Answer answer;
  auto target = KJ_ASSERT_NONNULL(Name::parse(alias));
  answer.answer.push_back(
      {question(name).name, TYPE_CNAME, CLASS_IN, 60, std::string(target.wire())});
  auto bytes = KJ_ASSERT_NONNULL(Address::parse(address)).bytes;
  answer.answer.push_back({target, TYPE_A, CLASS_IN, 60,
                           std::string(reinterpret_cast<const char*>(bytes.data()) + 12, 4)});
  return prepare(question(name), false, answer, nullptr);
}

struct Lists {
  char path[40] = "/var/tmp/portreeve-filter-XXXXXX";
  Settings::Resolver settings;

  Lists() {
    REQUIRE(mkdtemp(path) != nullptr);
    NameListWriter writer("ads");
    writer.add("ads.example", name_list::SELF | name_list::BELOW);
    writer.write(kj::str(path, "/ads.names"), 1);
    settings.refuseLists.add(kj::str("ads"));
    settings.refuseLists.add(kj::str("missing"));
  }
  ~Lists() {
    unlink(kj::str(path, "/ads.names").cStr());
    rmdir(path);
  }
};

}  // namespace

TEST_CASE("a listed name is refused, its list and entry are told") {
  Lists lists;
  NameFilter filter(lists.settings, lists.path);
  CHECK(filter.hasLists());
  CHECK(KJ_ASSERT_NONNULL(filter.refuses("www.ads.example")) ==
        "refused by list \"ads\": *.ads.example");
  CHECK(filter.refuses("example") == nullptr);
  lists.settings.refuseLists.clear();
  CHECK_FALSE(NameFilter(lists.settings, lists.path).hasLists());
}

TEST_CASE("an alias of a listed name is refused") {
  Lists lists;
  NameFilter filter(lists.settings, lists.path);
  CHECK(filter.refusesAnswer("www.test", *answered("www.test", "x.ads.example", "192.0.2.1")) !=
        nullptr);
  CHECK(filter.refusesAnswer("www.test", *answered("www.test", "other.example", "192.0.2.1")) ==
        nullptr);
}

TEST_CASE(
    "private addresses are refused where it is wished, but for the names that may have them") {
  Lists lists;
  auto answer = answered("www.corp.test", "a.test", "192.168.1.1");
  CHECK(NameFilter(lists.settings, lists.path).refusesAnswer("www.corp.test", *answer) == nullptr);
  lists.settings.refusePrivate = true;
  CHECK(NameFilter(lists.settings, lists.path).refusesAnswer("www.corp.test", *answer) != nullptr);
  CHECK(NameFilter(lists.settings, lists.path)
            .refusesAnswer("www.corp.test", *answered("www.corp.test", "a.test", "9.9.9.9")) ==
        nullptr);
  lists.settings.privateNames.add(kj::str("corp.test"));
  CHECK(NameFilter(lists.settings, lists.path).refusesAnswer("www.corp.test", *answer) == nullptr);
}

TEST_CASE("how a name is refused is the same for the quick and the careful writer") {
  Lists lists;
  const kj::byte octets[] = "\3ads\7example\0\0\1\0\1";
  for (auto with : {RefuseWith::NXDOMAIN, RefuseWith::ZERO, RefuseWith::REFUSED}) {
    lists.settings.refuseWith = with;
    NameFilter filter(lists.settings, lists.path);
    auto careful = filter.refusal(question("ads.example"));
    auto quick = filter.quickRefusal(kj::arrayPtr(octets, 17), TYPE_A);
    Asked asked;
    asked.question = kj::arrayPtr(octets, 17);
    kj::byte out[512];
    size_t size = quick.write(asked, 0, nullptr, nullptr, kj::arrayPtr(out, sizeof out));
    auto read = KJ_ASSERT_NONNULL(readAnswer(kj::arrayPtr(out, size)));
    CHECK(read.rcode == careful.rcode);
    REQUIRE(read.answer.size() == careful.answer.size());
    if (with == RefuseWith::ZERO) CHECK(read.answer[0].data == std::string(4, '\0'));
  }
}

}  // namespace portreeve::resolver
