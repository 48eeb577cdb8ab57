// SPDX-License-Identifier: GPL-3.0-or-later
// Against the kernel, in a network namespace that each case makes for itself.
#include "interceptor/keeper/rule-keeper.h"

#include "interceptor/keeper/program.h"
#include "interceptor/keeper/removal.h"
#include "interceptor/own-namespace.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <string.h>
#include <unistd.h>

namespace portreeve::keeper {
namespace {

kj::String run(kj::StringPtr program, std::initializer_list<kj::StringPtr> arguments) {
  auto result = runProgram(program, arguments, ""_kj);
  KJ_REQUIRE(result.good(), result.why(program));
  return kj::mv(result.output);
}

kj::String iptables(std::initializer_list<kj::StringPtr> arguments) {
  return run("/usr/sbin/iptables-nft"_kj, arguments);
}

kj::String wholeRuleset() {
  return run("/usr/sbin/nft"_kj, {"--stateless"_kj, "list"_kj, "ruleset"_kj});
}

bool contains(kj::StringPtr text, const char* what) {
  return strstr(text.cStr(), what) != nullptr;
}

kj::String savedV4() {
  return Iptables(Variant::NFT).save(IpFamily::V4);
}

TEST_CASE("rules that are loaded twice are there once, and removed they leave nothing behind") {
  OwnNamespace own;
  if (!own.entered) return;
  auto before = wholeRuleset();
  RuleKeeper keeper(Variant::NFT, RulesetOptions());
  keeper.load();
  CHECK(keeper.allPresent());
  CHECK(keeper.guarded());
  auto once = savedV4();
  keeper.load();
  CHECK(OwnRules::in(savedV4()) == OwnRules::in(once));
  keeper.remove();
  CHECK_FALSE(keeper.allPresent());
  CHECK(wholeRuleset() == before);
}

TEST_CASE("what others have in the same tables is the same before and after") {
  OwnNamespace own;
  if (!own.entered) return;
  iptables({"-A"_kj, "INPUT"_kj, "-p"_kj, "tcp"_kj, "--dport"_kj, "9"_kj, "-j"_kj, "DROP"_kj});
  iptables({"-P"_kj, "FORWARD"_kj, "DROP"_kj});
  iptables({"-t"_kj, "mangle"_kj, "-N"_kj, "OTHER"_kj});
  auto before = wholeRuleset();
  RuleKeeper keeper(Variant::NFT, RulesetOptions());
  keeper.load();
  CHECK(wholeRuleset() != before);
  keeper.remove();
  CHECK(wholeRuleset() == before);
}

TEST_CASE(
    "a main chain made for us stays if another program has put something in or set a policy") {
  OwnNamespace own;
  if (!own.entered) return;
  RuleKeeper keeper(Variant::NFT, RulesetOptions());
  keeper.load();
  iptables({"-A"_kj, "OUTPUT"_kj, "-p"_kj, "tcp"_kj, "--dport"_kj, "9"_kj, "-j"_kj, "DROP"_kj});
  iptables({"-P"_kj, "INPUT"_kj, "DROP"_kj});
  keeper.remove();
  auto left = savedV4();
  CHECK(contains(left, "-A OUTPUT -p tcp -m tcp --dport 9 -j DROP"));
  CHECK(contains(left, ":INPUT DROP"));
  CHECK_FALSE(contains(left, "*mangle"));
}

TEST_CASE("flushed rules are put back, and it is said what had happened and by whom") {
  OwnNamespace own;
  if (!own.entered) return;
  RuleKeeper keeper(Variant::NFT, RulesetOptions());
  keeper.load();
  CHECK_FALSE(keeper.check());
  auto loaded = savedV4();
  iptables({"-F"_kj});
  keeper.verify();
  CHECK_FALSE(keeper.present(IpFamily::V4));
  CHECK(keeper.check());
  keeper.nameLastChange("iptables");
  CHECK(OwnRules::in(savedV4()) == OwnRules::in(loaded));
  CHECK(keeper.lastChange() == "IPv4 filter: all 26 lines are gone; by iptables");
  run("/usr/sbin/nft"_kj, {"flush"_kj, "ruleset"_kj});
  CHECK(contains(wholeRuleset(), "portreeve-guard"));
  CHECK(keeper.check());
  CHECK(OwnRules::in(savedV4()) == OwnRules::in(loaded));
  CHECK(keeper.counters().restored == 2);
  CHECK_FALSE(keeper.check());
  keeper.remove();
}

TEST_CASE("a rule that another program puts before ours ends up behind them") {
  OwnNamespace own;
  if (!own.entered) return;
  RuleKeeper keeper(Variant::NFT, RulesetOptions());
  keeper.load();
  iptables({"-I"_kj, "INPUT"_kj, "-j"_kj, "ACCEPT"_kj});
  CHECK(keeper.check());
  CHECK(contains(savedV4(), "-A INPUT -j C17\n-A INPUT -j ACCEPT\n"));
  keeper.remove();
}

TEST_CASE("a restarted keeper takes charge of what its predecessor loaded, and of nothing else") {
  OwnNamespace own;
  if (!own.entered) return;
  {
    RuleKeeper early(Variant::NFT, RulesetOptions());
    early.adopt();
    CHECK_FALSE(early.keeping());
    early.load();
  }
  CHECK_FALSE(contains(wholeRuleset(), "portreeve-guard"));
  RuleKeeper keeper(Variant::NFT, RulesetOptions());
  CHECK_FALSE(keeper.allPresent());
  keeper.adopt();
  CHECK(keeper.keeping());
  CHECK(keeper.allPresent());
  CHECK(keeper.guarded());
  RulesetOptions others;
  others.respectHostRules = true;
  RuleKeeper stranger(Variant::NFT, kj::mv(others));
  stranger.adopt();
  CHECK_FALSE(stranger.keeping());
  keeper.remove();
}

TEST_CASE("the guard belongs to one keeper, and the next one is told so") {
  OwnNamespace own;
  if (!own.entered) return;
  Guard first;
  Guard second;
  CHECK(first.take());
  CHECK_FALSE(second.take());
  CHECK(contains(second.whyNot(), "held by another program"));
  CHECK(second.heldByAnother());
  first.release();
  CHECK_FALSE(second.heldByAnother());
  CHECK(second.take());
}

TEST_CASE("whoever knows nothing of how the rules were loaded can remove them all the same") {
  OwnNamespace own;
  if (!own.entered) return;
  auto before = wholeRuleset();
  {
    RulesetOptions options;
    options.respectHostRules = true;
    RuleKeeper(Variant::NFT, kj::mv(options)).load();
  }
  CHECK(wholeRuleset() != before);
  NfTables kernel;
  ConntrackCleaning conntrack;
  removeEverything(kernel, conntrack, false);
  CHECK(wholeRuleset() == before);
  removeEverything(kernel, conntrack, false);
}

}  // namespace
}  // namespace portreeve::keeper
