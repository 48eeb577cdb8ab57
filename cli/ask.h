// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve ask`: the questions that wait for a person, and answers to them.
#pragma once

#include "cli/session.h"
#include "proto/policy.capnp.h"

#include <cstdint>
#include <string>

namespace portreeve::cli {

struct AskOptions {
  uint64_t id = 0;
  std::string action;
  std::string lifetime = "once";
  std::string scope = "host";
  bool list = false;
  bool follow = false;
  bool json = false;
};

int ask(const AskOptions& options);

proto::Prompts::Client promptsOf(Session& session);
int askInteractively(Session& session);

}  // namespace portreeve::cli
