// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"
#include "policy/rules/rule.h"

namespace portreeve::rules {
namespace {

using Kind = DomainPattern::Kind;

bool isSubdomain(kj::StringPtr name, kj::StringPtr of) {
  return name.size() > of.size() && name.endsWith(of) && name[name.size() - of.size() - 1] == '.';
}

bool matches(const DomainPattern& pattern, kj::StringPtr name) {
  switch (pattern.kind) {
    case Kind::EXACT:
      return name == pattern.name;
    case Kind::SUBDOMAINS:
      return isSubdomain(name, pattern.name);
    case Kind::BOTH:
      return name == pattern.name || isSubdomain(name, pattern.name);
    case Kind::NONE:
      return false;
    case Kind::REGEX:
      KJ_IF_MAYBE (regex, pattern.regex) return regex->matches(name);
      return false;
  }
  return false;
}

kj::String written(const DomainPattern& pattern) {
  switch (pattern.kind) {
    case Kind::EXACT:
      return kj::str(pattern.name);
    case Kind::SUBDOMAINS:
      return kj::str("*.", pattern.name);
    case Kind::BOTH:
      return kj::str('.', pattern.name);
    case Kind::NONE:
      return kj::str("none");
    case Kind::REGEX:
      KJ_IF_MAYBE (regex, pattern.regex) return kj::str('/', regex->pattern(), '/');
      return kj::str();
  }
  return kj::str();
}

bool coversPattern(const DomainPattern& wider, const DomainPattern& narrower) {
  if (wider.kind == Kind::NONE || narrower.kind == Kind::NONE) return wider.kind == narrower.kind;
  if (narrower.kind == Kind::REGEX)
    return wider.kind == Kind::REGEX && written(wider) == written(narrower);
  if (narrower.kind == Kind::EXACT) return matches(wider, narrower.name);
  if (wider.kind == Kind::REGEX) return false;
  if (isSubdomain(narrower.name, wider.name)) return wider.kind != Kind::EXACT;
  if (narrower.name != wider.name) return false;
  return wider.kind == Kind::BOTH || wider.kind == narrower.kind;
}

class DomainOperand final : public Operand {
public:
  DomainOperand(kj::Vector<DomainPattern> patterns, NameSource widest)
      : Operand("domain", Cost::TEXT), patterns(kj::mv(patterns)), widest(widest) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.domain) return Match::MAYBE;
    if (nameless(facts)) return toMatch(wantsNone());
    return toMatch(namedBy(facts) != nullptr);
  }

  const DomainFact* namedBy(const FlowFacts& facts) const override {
    if (nameless(facts)) return nullptr;
    NameSource rung = nearestSource(facts);
    for (auto& fact : facts.domains)
      if (fact.source == rung && matchesAny(fact.name)) return &fact;
    return nullptr;
  }

  kj::String wanted() const override {
    return kj::str(
        kj::strArray(
            KJ_MAP(pattern, patterns) { return written(pattern); }, ", "),
        widest == NameSource::USER ? kj::str() : kj::str(" (names = ", toText(widest), ')'));
  }

  kj::String found(const FlowFacts& facts) const override {
    if (facts.domains.size() == 0) return kj::str("none");
    NameSource rung = nearestSource(facts);
    kj::Vector<kj::StringPtr> names;
    for (auto& fact : facts.domains)
      if (fact.source == rung) names.add(fact.name);
    return kj::str(kj::strArray(names, ", "), " (asked by: ", toText(rung), ')');
  }

  void addKeys(OperandKeys& keys) const override {
    for (auto& pattern : patterns) {
      if (pattern.kind == Kind::NONE || pattern.kind == Kind::REGEX) return keys.giveUp();
      if (pattern.kind != Kind::SUBDOMAINS) keys.add(KeyKind::DOMAIN_EXACT, pattern.name);
      if (pattern.kind != Kind::EXACT) keys.add(KeyKind::DOMAIN_BELOW, pattern.name);
    }
  }

  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    auto& narrower = static_cast<const DomainOperand&>(other);
    if (widest != narrower.widest) return false;
    for (auto& one : narrower.patterns)
      if (!coversOne(one)) return false;
    return true;
  }

private:
  kj::Vector<DomainPattern> patterns;
  NameSource widest;

  bool nameless(const FlowFacts& facts) const {
    return facts.domains.size() == 0 || nearestSource(facts) > widest;
  }

  bool wantsNone() const {
    for (auto& pattern : patterns)
      if (pattern.kind == Kind::NONE) return true;
    return false;
  }

  bool matchesAny(kj::StringPtr name) const {
    for (auto& pattern : patterns)
      if (matches(pattern, name)) return true;
    return false;
  }

  bool coversOne(const DomainPattern& narrower) const {
    for (auto& pattern : patterns)
      if (coversPattern(pattern, narrower)) return true;
    return false;
  }
};

}  // namespace

NameSource nearestSource(const FlowFacts& facts) {
  NameSource nearest = NameSource::ANY;
  for (auto& fact : facts.domains)
    if (fact.source < nearest) nearest = fact.source;
  return nearest;
}

kj::Own<Operand> domainOperand(kj::Vector<DomainPattern> patterns, NameSource widest) {
  return kj::heap<DomainOperand>(kj::mv(patterns), widest);
}

}  // namespace portreeve::rules
