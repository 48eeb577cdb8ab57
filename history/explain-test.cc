// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/explain.h"

#include "history/rule-texts.h"
#include "history/schema.h"
#include "history/test-history.h"

#include <doctest/doctest.h>

#include <string_view>

namespace portreeve::history {
namespace {

namespace view = proto::view;

struct Past : TestHistory {
  Settings::Policy settings;
  Accounts accounts = Accounts::read();
  Answer answer;

  Past() {
    settings.defaultAction = DefaultAction::ALLOW;
    write({{.flow = 1}, {.flow = 2, .action = "block", .rule = "no"}});
  }

  view::Explanation::Reader explain(kj::StringPtr toml, uint64_t flow,
                                    kj::StringPtr file = "new.toml"_kj) {
    capnp::MallocMessageBuilder message;
    auto texts = message.initRoot<proto::History::ReplayParams>().initRules(1);
    texts[0].setFile(file);
    texts[0].setText(toml);
    auto set = compile(texts.asReader(), {settings, nullptr}, users, "/nonexistent");
    auto from = database();
    auto id = (newestLife(from) << LIFE_SHIFT) + int64_t(flow);
    answer = history::explain(from, *set, id, 0, accounts, "/nonexistent");
    return answer->getRoot<view::Explanation>().asReader();
  }
};

TEST_CASE(
    "what decided then is told beside what the rules of now say, and each that they considered") {
  Past p;
  auto told = p.explain(
      "[[rule]]\nname = \"other\"\naction = \"drop\"\nport = 80\n"
      "[[rule]]\nname = \"https\"\naction = \"block\"\nport = 443\n",
      1);
  CHECK(told.getWords() ==
        "It was allowed by rule \"web\" (/etc/portreeve/rules.d/10-web.toml:1). By the rules now "
        "in force it would be refused "
        "by rule \"https\" (new.toml:5).");
  CHECK(told.getConnection().getDomain() == "example.org");
  CHECK(told.getDeciding().getName() == "https");
  auto considered = told.getConsidered();
  REQUIRE(considered.size() >= 2);
  auto other = considered[considered.size() - 2];
  CHECK(other.getRule() == "other");
  CHECK(std::string_view(other.getFailed().cStr()).find("443") != std::string_view::npos);
  CHECK(considered[considered.size() - 1].getMatched());
}

TEST_CASE("the same rule is said to decide the same") {
  Past p;
  auto told = p.explain("[[rule]]\nname = \"web\"\naction = \"allow\"\nport = 443\n", 1,
                        "/etc/portreeve/rules.d/10-web.toml");
  CHECK(told.getWords() ==
        "It was allowed by rule \"web\" (/etc/portreeve/rules.d/10-web.toml:1); the rules now in "
        "force decide the same.");
}

TEST_CASE("where no rule matches now, that is said") {
  Past p;
  auto told = p.explain("", 2);
  CHECK(told.getWords() ==
        "It was refused by rule \"no\" (/etc/portreeve/rules.d/10-web.toml:1). By the rules now in "
        "force it would be allowed "
        "(no rule matches: policy.default).");
}

TEST_CASE("one that is not in the history is refused in words") {
  Past p;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { p.explain("", 99); }))
    CHECK(e->getDescription().endsWith(
        "is not in the history (any more): `portreeve history` lists those that are"));
  else
    FAIL("it was explained");
}

}  // namespace
}  // namespace portreeve::history
