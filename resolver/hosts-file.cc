// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/hosts-file.h"

#include <kj/debug.h>
#include <kj/vector.h>

#include <algorithm>
#include <string_view>

namespace portreeve::resolver {
namespace {

constexpr std::string_view BLANKS = " \t\r";

std::string_view nextWord(std::string_view& line) {
  size_t start = line.find_first_not_of(BLANKS);
  if (start == line.npos) return {};
  size_t end = std::min(line.find_first_of(BLANKS, start), line.size());
  auto word = line.substr(start, end - start);
  line = line.substr(end);
  return word;
}

kj::String copied(std::string_view text) {
  return kj::heapString(text.data(), text.size());
}

std::string octetsOf(const Address& address) {
  auto* octets = reinterpret_cast<const char*>(address.bytes.data());
  return address.isV4() ? std::string(octets + 12, 4) : std::string(octets, 16);
}

}  // namespace

Name reverseName(const Address& address) {
  kj::Vector<kj::String> labels;
  if (address.isV4()) {
    for (size_t i = 16; i > 12; i--) labels.add(kj::str(address.bytes[i - 1]));
    return KJ_ASSERT_NONNULL(Name::parse(kj::str(kj::strArray(labels, "."), ".in-addr.arpa")));
  }
  for (size_t i = 16; i > 0; i--) {
    labels.add(kj::str(kj::hex(uint8_t(address.bytes[i - 1] & 0xf))));
    labels.add(kj::str(kj::hex(uint8_t(address.bytes[i - 1] >> 4))));
  }
  return KJ_ASSERT_NONNULL(Name::parse(kj::str(kj::strArray(labels, "."), ".ip6.arpa")));
}

HostsFile HostsFile::read(kj::ArrayPtr<const char> content) {
  HostsFile file;
  std::string_view rest(content.begin(), content.size());
  while (!rest.empty()) {
    size_t end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line = line.substr(0, line.find('#'));
    KJ_IF_MAYBE (address, Address::parse(copied(nextWord(line)))) {
      bool first = true;
      for (auto word = nextWord(line); !word.empty(); word = nextWord(line)) {
        KJ_IF_MAYBE (name, Name::parse(copied(word))) {
          auto& known = file.names[name->lowerCaseWire()];
          if (std::find(known.begin(), known.end(), *address) == known.end())
            known.push_back(*address);
          // 0.0.0.0 and :: are how such files refuse names: they are nobody's address.
          if (first && !address->isUnspecified())
            file.addresses.emplace(reverseName(*address).lowerCaseWire(), *name);
          first = false;
        }
      }
    }
  }
  return file;
}

kj::Maybe<Answer> HostsFile::answer(const Question& question) const {
  auto key = question.name.lowerCaseWire();
  Answer answer;
  if (question.type == TYPE_PTR) {
    auto found = addresses.find(key);
    if (found == addresses.end()) return nullptr;
    answer.answer.push_back(
        {question.name, TYPE_PTR, CLASS_IN, TTL, std::string(found->second.wire())});
    return kj::mv(answer);
  }
  auto found = names.find(key);
  if (found == names.end()) return nullptr;
  if (question.type == TYPE_SVCB || question.type == TYPE_HTTPS) return kj::mv(answer);
  if (question.type != TYPE_A && question.type != TYPE_AAAA) return nullptr;
  for (auto& address : found->second)
    if (address.isV4() == (question.type == TYPE_A))
      answer.answer.push_back({question.name, question.type, CLASS_IN, TTL, octetsOf(address)});
  return kj::mv(answer);
}

}  // namespace portreeve::resolver
