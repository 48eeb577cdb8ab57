// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-words.h"

namespace portreeve::policy {

bool isDefault(const rules::Rule& rule) {
  return rule.fallback;
}

void name(Judgement& judgement, const rules::Rule& rule) {
  if (isDefault(rule)) {
    judgement.rule = kj::String();
    judgement.origin = kj::str("no rule matches: ", rule.file);
  } else {
    judgement.rule = kj::str(rule.name);
    judgement.origin = rule.origin();
  }
}

}  // namespace portreeve::policy
