// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"

namespace portreeve::rules {
namespace {

class TimeOperand final : public Operand {
public:
  explicit TimeOperand(WeekTime times) : Operand("time", Cost::COMPARE), times(kj::mv(times)) {}

  Match test(const FlowFacts& facts) const override {
    return facts.wallNs == 0 ? Match::MAYBE : toMatch(times.has(facts.wallNs));
  }
  kj::String wanted() const override { return times.toString(); }
  kj::String found(const FlowFacts& facts) const override {
    static constexpr kj::StringPtr DAYS[] = {"Mon"_kj, "Tue"_kj, "Wed"_kj, "Thu"_kj,
                                             "Fri"_kj, "Sat"_kj, "Sun"_kj};
    if (facts.wallNs == 0) return kj::str("none");
    unsigned minute = WeekTime::minuteOfWeek(facts.wallNs);
    unsigned hour = minute / 60 % 24;
    minute %= 60;
    return kj::str(DAYS[WeekTime::minuteOfWeek(facts.wallNs) / (24 * 60)], hour < 10 ? " 0" : " ",
                   hour, minute < 10 ? ":0" : ":", minute);
  }
  bool covers(const Operand& other) const override {
    return key == other.key && times.covers(static_cast<const TimeOperand&>(other).times);
  }
  kj::Maybe<const WeekTime&> weekTime() const override { return times; }

private:
  WeekTime times;
};

}  // namespace

kj::Own<Operand> timeOperand(WeekTime times) {
  return kj::heap<TimeOperand>(kj::mv(times));
}

}  // namespace portreeve::rules
