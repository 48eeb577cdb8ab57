// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/clock.h"

#include <time.h>

#include <cstdio>

namespace portreeve {
namespace {

uint64_t now(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return uint64_t(t.tv_sec) * 1'000'000'000 + uint64_t(t.tv_nsec);
}

}  // namespace

uint64_t monotonicNs() {
  return now(CLOCK_MONOTONIC);
}
uint64_t wallNs() {
  return now(CLOCK_REALTIME);
}

kj::String rfc3339(uint64_t wallNanoseconds) {
  if (wallNanoseconds == 0) return kj::String();
  time_t seconds = time_t(wallNanoseconds / 1'000'000'000);
  tm parts;
  gmtime_r(&seconds, &parts);
  char text[40];
  size_t used = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text + used, sizeof text - used, ".%03uZ", unsigned(wallNanoseconds / 1'000'000 % 1000));
  return kj::str(text);
}

}  // namespace portreeve
