// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzing entry for what reads files of rules and of expectations. With clang: build
// rules-fuzz.cc with -fsanitize=fuzzer,address; tests/fixtures/rules is its corpus. The unit tests
// replay that and its mutations through the same entry.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
