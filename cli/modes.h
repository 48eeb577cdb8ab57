// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve lockdown`, `pause`, `learn` and `resume`: what holds for a while instead of the rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portreeve::cli {

struct ModeOptions {
  std::string lasting;  // "5m"
  std::optional<uint32_t> confirmSeconds;
  std::string action = "allow";  // learn: what is done with what is learned
};

struct LearnReviewOptions {
  bool accept = false;
  bool json = false;
};

int lockdown(const ModeOptions& options);
int pauseRules(const ModeOptions& options);
int learn(const ModeOptions& options);
int learnReview(const LearnReviewOptions& options);
int learnForget();
int resume();

}  // namespace portreeve::cli
