// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve status`: asks each process itself, so that any may be dead.
#pragma once

namespace portreeve::cli {

struct StatusOptions {
  bool json = false;
};

int status(const StatusOptions& options);
// GOOD also when degraded (the state is data); NOT_RUNNING when nothing runs.

}  // namespace portreeve::cli
