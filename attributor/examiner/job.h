// SPDX-License-Identifier: GPL-3.0-or-later
// What the attributor and its examiner tell each other: datagrams on a SOCK_SEQPACKET pair between
// two processes of one build. A Job carries the file as a descriptor (SCM_RIGHTS).
#pragma once

#include <limits.h>

#include <cstdint>

namespace portreeve::examiner {

constexpr uint64_t TIME_LIMIT_NS = 10'000'000'000;  // for one file
constexpr uint64_t LARGEST_FILE = 2'147'483'648;    // bytes
constexpr uint64_t PATH_SIZE = PATH_MAX;

struct Job {
  uint64_t id = 0;
  uint64_t size = 0;                  // of the file as it was opened, bytes
  int64_t modified = 0, changed = 0;  // ns since the Unix epoch
  uint8_t findPackage = 0;            // 1: `path` is the host's
  char path[PATH_SIZE] = {};          // ends in a zero
};

enum class Failure : uint32_t { NONE, UNREADABLE, CHANGED, TOO_LARGE, TOO_SLOW };

struct Result {
  uint64_t id = 0;
  Failure failure = Failure::NONE;
  char sha256[65] = {};    // empty where it failed
  char package[256] = {};  // empty: of none
};

}  // namespace portreeve::examiner
