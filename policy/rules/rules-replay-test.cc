// SPDX-License-Identifier: GPL-3.0-or-later
// The corpus and its mutations through the fuzzing entry: whatever a file holds, it is rules or a
// reason why not.
#include "tests/fuzz/fuzz-target.h"

#include "policy/rules/test-random.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace portreeve::rules {
namespace {

std::vector<std::string> corpus() {
  std::vector<std::string> texts;
  for (auto kind : {"good", "bad"})
    for (auto& file : readFolder(kj::str(RULE_FIXTURES "/", kind), Layer::SUITE).sources)
      texts.push_back(file.text.cStr());
  return texts;
}

void feed(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

std::string mutated(Random& random, std::string text, const std::vector<std::string>& others) {
  for (unsigned changes = 1 + random() % 4; changes > 0 && !text.empty(); changes--) {
    size_t at = random() % text.size();
    switch (random() % 5) {
      case 0:
        text[at] = char(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 20);
        break;
      case 2:
        text.insert(at, text.substr(random() % text.size(), random() % 40));
        break;
      case 3: {
        auto& other = others[random() % others.size()];
        if (!other.empty()) text.insert(at, other.substr(random() % other.size(), random() % 80));
        break;
      }
      default:
        text.resize(at);
    }
  }
  return text;
}

TEST_CASE("every file of the corpus, and each of its beginnings, is rules or has a reason") {
  for (auto& text : corpus()) {
    feed(text);
    for (size_t length = 0; length < text.size(); length += 1 + text.size() / 50)
      feed(text.substr(0, length));
  }
}

TEST_CASE("so are mutations of the corpus") {
  Random random(6);
  auto texts = corpus();
  for (unsigned round = 0; round < rounds(4000); round++)
    feed(mutated(random, texts[random() % texts.size()], texts));
}

}  // namespace
}  // namespace portreeve::rules
