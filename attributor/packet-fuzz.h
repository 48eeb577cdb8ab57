// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzing entry for what reads packet headers. With clang: build packet-fuzz.cc with
// -fsanitize=fuzzer,address. The unit tests replay samples and their mutations through the same
// entry.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
