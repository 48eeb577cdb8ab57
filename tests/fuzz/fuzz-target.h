// SPDX-License-Identifier: GPL-3.0-or-later
// The form of every fuzz target (libFuzzer's): a file x-fuzz.cc beside the code that it tries, with
// this one function. It may abort() where a promise is broken (require); for all else the
// sanitizers watch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

inline void require(bool holds) {
  if (!holds) abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
