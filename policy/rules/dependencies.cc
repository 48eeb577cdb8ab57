// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/dependencies.h"

namespace portreeve::rules {

Dependencies::Dependencies(kj::ArrayPtr<const Rule> rules) {
  for (auto& rule : rules)
    for (auto& operand : rule.operands) add(*operand);
}

void Dependencies::add(const Operand& operand) {
  examination = examination || operand.key == "process.sha256" || operand.key == "process.package";
  instances = instances || operand.key == "process.instance";
  circumstances = circumstances || operand.hangsOnCircumstances();
  KJ_IF_MAYBE (time, operand.weekTime()) weekTimes.add(time);
  for (auto& conjunction : operand.nested())
    for (auto& inner : conjunction) add(*inner);
}

}  // namespace portreeve::rules
