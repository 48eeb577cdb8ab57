// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/nearest.h"

#include <algorithm>

namespace portreeve::rules {
namespace {

constexpr size_t LONGEST_WORD = 64;

size_t distance(kj::StringPtr a, kj::StringPtr b) {
  // Optimal string alignment; three rows of the table are enough.
  size_t rows[3][LONGEST_WORD + 1];
  for (size_t j = 0; j <= b.size(); j++) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    size_t* row = rows[i % 3];
    const size_t* above = rows[(i + 2) % 3];
    const size_t* twoAbove = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], twoAbove[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

kj::Maybe<kj::StringPtr> nearest(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known) {
  if (word.size() > LONGEST_WORD) return nullptr;
  kj::Maybe<kj::StringPtr> best;
  size_t bestDistance = std::max<size_t>(1, word.size() / 3) + 1;
  for (auto candidate : known) {
    if (candidate.size() > LONGEST_WORD) continue;
    size_t away = distance(word, candidate);
    if (away < bestDistance) {
      best = candidate;
      bestDistance = away;
    }
  }
  return best;
}

kj::String didYouMean(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known) {
  KJ_IF_MAYBE (meant, nearest(word, known)) {
    return kj::str("; did you mean \"", *meant, "\"?");
  }
  return kj::str("; there is: ", kj::strArray(known, ", "));
}

}  // namespace portreeve::rules
