// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"

namespace portreeve::rules {
namespace {

template <typename Value>
bool has(const kj::Vector<Value>& values, const Value& wanted) {
  for (auto& value : values)
    if (value == wanted) return true;
  return false;
}

template <typename Value>
bool hasAll(const kj::Vector<Value>& wider, const kj::Vector<Value>& narrower) {
  for (auto& value : narrower)
    if (!has(wider, value)) return false;
  return true;
}

class CountryOperand final : public Operand {
public:
  CountryOperand(kj::Vector<Country> countries, kj::Maybe<kj::Own<Geography>> geography)
      : Operand("country", Cost::TEXT),
        countries(kj::mv(countries)),
        geography(kj::mv(geography)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.address) return Match::MAYBE;
    KJ_IF_MAYBE (country, of(facts)) return toMatch(has(countries, *country));
    return Match::NO;
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(country, countries) { return country.toString(); }, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    KJ_IF_MAYBE (country, of(facts)) return country->toString();
    return kj::str("none");
  }
  bool covers(const Operand& other) const override {
    return key == other.key &&
           hasAll(countries, static_cast<const CountryOperand&>(other).countries);
  }

private:
  kj::Vector<Country> countries;
  kj::Maybe<kj::Own<Geography>> geography;

  kj::Maybe<Country> of(const FlowFacts& facts) const {
    KJ_IF_MAYBE (known, geography) return (*known)->countryOf(facts.remote);
    return nullptr;
  }
};

class AsnOperand final : public Operand {
public:
  AsnOperand(kj::Vector<uint32_t> numbers, kj::Maybe<kj::Own<Geography>> geography)
      : Operand("asn", Cost::TEXT), numbers(kj::mv(numbers)), geography(kj::mv(geography)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.address) return Match::MAYBE;
    KJ_IF_MAYBE (number, of(facts)) return toMatch(has(numbers, *number));
    return Match::NO;
  }
  kj::String wanted() const override { return kj::strArray(numbers, ", "); }
  kj::String found(const FlowFacts& facts) const override {
    KJ_IF_MAYBE (number, of(facts)) return kj::str(*number);
    return kj::str("none");
  }
  bool covers(const Operand& other) const override {
    return key == other.key && hasAll(numbers, static_cast<const AsnOperand&>(other).numbers);
  }

private:
  kj::Vector<uint32_t> numbers;
  kj::Maybe<kj::Own<Geography>> geography;

  kj::Maybe<uint32_t> of(const FlowFacts& facts) const {
    KJ_IF_MAYBE (known, geography) return (*known)->asnOf(facts.remote);
    return nullptr;
  }
};

}  // namespace

kj::Own<Operand> countryOperand(kj::Vector<Country> countries,
                                kj::Maybe<kj::Own<Geography>> geography) {
  return kj::heap<CountryOperand>(kj::mv(countries), kj::mv(geography));
}

kj::Own<Operand> asnOperand(kj::Vector<uint32_t> numbers, kj::Maybe<kj::Own<Geography>> geography) {
  return kj::heap<AsnOperand>(kj::mv(numbers), kj::mv(geography));
}

}  // namespace portreeve::rules
