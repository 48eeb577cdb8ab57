// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/rule-keeper.h"

#include "common/log.h"
#include "interceptor/keeper/base-chains.h"
#include "interceptor/keeper/failure.h"
#include "interceptor/keeper/removal.h"
#include "interceptor/keeper/spelling.h"

#include <string.h>

namespace portreeve::keeper {
namespace {

constexpr unsigned TRIES = 3;

size_t commandsIn(const Ruleset& ruleset) {
  size_t count = 0;
  for (auto& table : ruleset.tables) count += table.commands.size();
  return count;
}

bool lacksNat(kj::StringPtr words) {
  // iptables-legacy-restore: "can't initialize iptables table `nat': Table does not exist".
  return strstr(words.cStr(), "table `nat'") != nullptr;
}

}  // namespace

RuleKeeper::RuleKeeper(Variant variant, RulesetOptions options)
    : iptables(variant),
      options(kj::mv(options)),
      legacyToo(variant == Variant::LEGACY || legacyTablesLoaded(IpFamily::V4) ||
                legacyTablesLoaded(IpFamily::V6)) {
  findFamilies();
}

void RuleKeeper::findFamilies() {
  families.clear();
  for (auto family : FAMILIES) {
    if (family == IpFamily::V6 && !kernelHasIpv6()) continue;
    families.add(Family{family, Ruleset::of(family, options)});
  }
}

OwnRules RuleKeeper::look(Family& family) const {
  auto saved = iptables.save(family.family);
  family.host = HostRules::in(saved);
  return OwnRules::in(saved);
}

kj::Vector<kj::String> RuleKeeper::notes() const {
  kj::Vector<kj::String> words;
  if (!inCharge) return words;
  for (auto& family : families) {
    auto add = [&](kj::StringPtr said) { words.add(kj::str(toText(family.family), ": ", said)); };
    KJ_IF_MAYBE (rule, family.host.passedOver)
      if (!options.respectHostRules) add(wordsOnPassedOver(*rule));
    KJ_IF_MAYBE (rule, family.host.ahead) add(wordsOnAhead(*rule));
  }
  return words;
}

bool RuleKeeper::wholeBefore() {
  for (auto& family : families) {
    if (!mayHoldRules(kernel, family.family, iptables.variant)) return false;
    auto found = look(family);
    family.inPlace = holdsExactly(found, family.wanted);
    if (!family.inPlace) return false;
    family.expected = kj::mv(found);
  }
  return true;
}

void RuleKeeper::adopt() {
  bool whole = false;
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { whole = wholeBefore(); }))
    log::exception("looking for rules of an earlier run", *problem);
  if (!whole) return;
  takeCharge();
  log::info("the rules are there already: in charge of them again");
}

void RuleKeeper::load() {
  count.loads++;
  if (!inCharge) findFamilies();
  if (!wholeBefore()) {
    bool anyBefore = false;
    for (auto& family : families) {
      auto present = look(family);
      anyBefore = anyBefore || !present.empty();
      KJ_IF_MAYBE (why, putIn(family, present)) {
        if (!anyBefore) kj::runCatchingExceptions([&]() { removeRules(kernel, iptables.variant); });
        fail(kj::mv(*why));
      }
    }
    for (auto& family : families) readBack(family);
    removeOtherVariant();
  }
  takeCharge();
}

kj::Maybe<kj::String> RuleKeeper::putIn(Family& family, const OwnRules& present) {
  if (iptables.variant == Variant::NFT) {
    for (auto table : makeBaseChains(kernel, family.family))
      if (table == "nat"_kj) return putInWithout(family, table);
  }
  KJ_IF_MAYBE (why, iptables.restore(family.family, restoreText(family.wanted, present))) {
    if (iptables.variant == Variant::LEGACY && lacksNat(*why))
      return putInWithout(family, "nat"_kj);
    return kj::mv(*why);
  }
  return nullptr;
}

kj::Maybe<kj::String> RuleKeeper::putInWithout(Family& family, kj::StringPtr table) {
  log::warning(kj::str("loading the rules: the kernel has no table ", table, " for ",
                       toText(family.family),
                       ": DNS queries to other name servers are dropped, not turned to ours"));
  (family.family == IpFamily::V4 ? options.natV4 : options.natV6) = false;
  family.wanted = Ruleset::of(family.family, options);
  return iptables.restore(family.family, restoreText(family.wanted, look(family)));
}

void RuleKeeper::readBack(Family& family) {
  for (unsigned i = 0; i < TRIES; i++) {
    family.expected = look(family);
    if (family.expected.rules.size() == commandsIn(family.wanted) &&
        family.expected.inFront.empty()) {
      family.inPlace = true;
      return;
    }
    // Somebody changed them at this very moment.
    KJ_IF_MAYBE (why, putIn(family, family.expected)) fail(kj::mv(*why));
  }
  fail(kj::str("loading the rules: another program changes them at the same time: ",
               "stop it, or start it first"));
}

void RuleKeeper::takeCharge() {
  inCharge = true;
  if (guard.held() || guard.take()) return;
  log::warning(kj::str("making the guard table: ", guard.whyNot(),
                       ": when another program flushes the rules, undecided packets pass until "
                       "they are back"));
}

void RuleKeeper::removeOtherVariant() {
  auto other = iptables.variant == Variant::NFT ? Variant::LEGACY : Variant::NFT;
  if (other == Variant::LEGACY && !legacyToo) return;
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { removeRules(kernel, other); }))
    log::exception(kj::str("rules of an earlier run, loaded with ", toText(other)), *problem);
}

void RuleKeeper::verify() {
  count.verifications++;
  for (auto& family : families) {
    bool possible = mayHoldRules(kernel, family.family, iptables.variant);
    auto found = possible ? look(family) : OwnRules();
    family.inPlace = inCharge ? found == family.expected : holdsExactly(found, family.wanted);
  }
}

bool RuleKeeper::check() {
  if (!inCharge) return false;
  count.verifications++;
  kj::Vector<kj::String> words;
  for (auto& family : families) {
    auto found = look(family);
    family.inPlace = found == family.expected;
    if (family.inPlace) continue;
    words.add(kj::str(toText(family.family), " ", describeChange(family.expected, found)));
    KJ_IF_MAYBE (why, putIn(family, found))
      fail(kj::str("putting the rules back (", words.back(), "): ", *why));
    family.inPlace = true;
  }
  if (!guard.held()) guard.take();
  if (words.empty()) return false;
  count.restored++;
  change = kj::strArray(words, "; ");
  return true;
}

void RuleKeeper::nameLastChange(kj::StringPtr program) {
  if (program.size() > 0) change = kj::str(change, "; by ", program);
}

void RuleKeeper::remove() {
  inCharge = false;
  for (auto& family : families) family.inPlace = false;
  guard.release();
  removeEverything(kernel, conntrack, legacyToo);
}

bool RuleKeeper::present(IpFamily wanted) const {
  for (auto& family : families)
    if (family.family == wanted) return family.inPlace;
  return false;
}

bool RuleKeeper::allPresent() const {
  for (auto& family : families)
    if (!family.inPlace) return false;
  return !families.empty();
}

}  // namespace portreeve::keeper
