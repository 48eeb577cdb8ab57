// SPDX-License-Identifier: GPL-3.0-or-later
// The keeper is root and reads what other programs have put into their rules (comments, chain
// names): whatever stands there, what it would put back leaves nobody else's line in it.
#include "common/host-rules.h"
#include "interceptor/keeper/saved-rules.h"
#include "interceptor/keeper/spelling.h"
#include "tests/fuzz/fuzz-target.h"

#include <stdlib.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace portreeve;
  auto text = kj::heapString(reinterpret_cast<const char*>(data), size);
  for (char& c : text)
    if (c == '\0') c = ' ';
  auto found = keeper::OwnRules::in(text);
  static const auto ruleset = keeper::Ruleset::of(keeper::IpFamily::V4, keeper::RulesetOptions());
  static const auto nothing = keeper::OwnRules();
  if (!(found == found)) abort();
  if (keeper::restoreText(ruleset, found).size() == 0) abort();
  if (found.empty() != (keeper::removalText(found).size() == 0)) abort();
  keeper::describeChange(nothing, found);
  keeper::holdsExactly(found, ruleset);
  HostRules::in(text);
  return 0;
}
