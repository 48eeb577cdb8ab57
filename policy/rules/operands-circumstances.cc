// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"

#include <algorithm>

namespace portreeve::rules {
namespace {

class CircumstanceOperand : public Operand {
public:
  CircumstanceOperand(kj::StringPtr key, kj::Vector<kj::String> names)
      : Operand(key, Cost::TEXT), names(kj::mv(names)) {}

  Match test(const FlowFacts& facts) const override {
    if (facts.circumstances == nullptr) return Match::MAYBE;
    return toMatch(holds(*facts.circumstances));
  }
  kj::String wanted() const override { return kj::strArray(names, ", "); }
  kj::String found(const FlowFacts& facts) const override {
    return facts.circumstances == nullptr ? kj::str("none") : words(*facts.circumstances);
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    auto& narrower = static_cast<const CircumstanceOperand&>(other).names;
    return std::all_of(narrower.begin(), narrower.end(),
                       [&](const kj::String& name) { return has(name); });
  }
  bool hangsOnCircumstances() const override { return true; }

protected:
  bool has(kj::StringPtr name) const {
    return std::any_of(names.begin(), names.end(),
                       [&](const kj::String& one) { return one == name; });
  }
  virtual bool holds(const Circumstances& circumstances) const = 0;
  virtual kj::String words(const Circumstances& circumstances) const = 0;

private:
  kj::Vector<kj::String> names;
};

class ProfileOperand final : public CircumstanceOperand {
public:
  explicit ProfileOperand(kj::Vector<kj::String> names)
      : CircumstanceOperand("profile", kj::mv(names)) {}

protected:
  bool holds(const Circumstances& circumstances) const override {
    return has(nameOf(circumstances));
  }
  kj::String words(const Circumstances& circumstances) const override {
    return kj::str(nameOf(circumstances));
  }

private:
  static kj::StringPtr nameOf(const Circumstances& circumstances) {
    return circumstances.profile.size() == 0 ? "none"_kj : circumstances.profile;
  }
};

class NetworkOperand final : public CircumstanceOperand {
public:
  explicit NetworkOperand(kj::Vector<kj::String> names)
      : CircumstanceOperand("network", kj::mv(names)) {}

protected:
  bool holds(const Circumstances& circumstances) const override {
    if (circumstances.networks.size() == 0) return has("none");
    return std::any_of(circumstances.networks.begin(), circumstances.networks.end(),
                       [&](kj::StringPtr name) { return has(name); });
  }
  kj::String words(const Circumstances& circumstances) const override {
    return circumstances.networks.size() == 0 ? kj::str("none")
                                              : kj::strArray(circumstances.networks, ", ");
  }
};

}  // namespace

kj::Own<Operand> profileOperand(kj::Vector<kj::String> names) {
  return kj::heap<ProfileOperand>(kj::mv(names));
}

kj::Own<Operand> networkOperand(kj::Vector<kj::String> names) {
  return kj::heap<NetworkOperand>(kj::mv(names));
}

}  // namespace portreeve::rules
