// SPDX-License-Identifier: GPL-3.0-or-later
// "Did you mean": the known word nearest to a misspelt one.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

namespace portreeve::rules {

kj::Maybe<kj::StringPtr> nearest(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known);
// The fewest insertions, deletions, replacements and swaps of neighbours away; nullptr where all
// are too far to be meant.

kj::String didYouMean(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known);
// "; did you mean \"port\"?", else "; there is: a, b, c".

}  // namespace portreeve::rules
