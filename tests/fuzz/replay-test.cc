// SPDX-License-Identifier: GPL-3.0-or-later
// A fuzz target without a fuzzer: its corpus, every beginning of each input, and a fixed number of
// mutations. FUZZ_CORPUS is the folder.
#include "tests/fuzz/fuzz-target.h"
#include "tests/fuzz/mutation.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <vector>

namespace {

using Octets = std::vector<uint8_t>;

constexpr int MUTATIONS = 2000;
constexpr size_t MOST_BEGINNINGS = 4096;

std::vector<Octets> corpus() {
  std::vector<Octets> inputs;
  for (auto& file : std::filesystem::directory_iterator(FUZZ_CORPUS)) {
    std::ifstream stream(file.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

int run(const Octets& octets, size_t size) {
  // In memory of just that size, so that a sanitizer sees what reads beyond.
  auto exact = std::make_unique<uint8_t[]>(size);
  std::copy(octets.begin(), octets.begin() + ptrdiff_t(size), exact.get());
  return LLVMFuzzerTestOneInput(exact.get(), size);
}

void splice(Octets& octets, const std::vector<Octets>& others, std::mt19937& random) {
  auto& other = others[random() % others.size()];
  octets.resize(random() % octets.size());
  size_t from = other.empty() ? 0 : random() % other.size();
  octets.insert(octets.end(), other.begin() + ptrdiff_t(from), other.end());
}

void mutate(Octets& octets, const std::vector<Octets>& others, std::mt19937& random) {
  for (int changes = int(random() % 4) + 1; changes > 0 && !octets.empty(); changes--) {
    if (random() % 6 == 0)
      splice(octets, others, random);
    else
      portreeve::mutateOnce(octets, random);
  }
}

TEST_CASE("no input of the corpus, no beginning and no mutation of one does harm") {
  auto inputs = corpus();
  REQUIRE(inputs.size() >= 3);
  std::mt19937 random(1700);
  for (auto& input : inputs) {
    CHECK(run(input, input.size()) == 0);
    size_t step = input.size() / MOST_BEGINNINGS + 1;
    for (size_t size = 0; size < input.size(); size += step)
      if (run(input, size) != 0) FAIL("refused");
    for (int round = 0; round < MUTATIONS; round++) {
      Octets octets = input;
      mutate(octets, inputs, random);
      if (run(octets, octets.size()) != 0) FAIL("refused");
    }
  }
}

}  // namespace
