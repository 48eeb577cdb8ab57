// SPDX-License-Identifier: GPL-3.0-or-later
// The text of /proc/PID/environ, which is the process's own, and of a link of /proc/PID/fd.
#include "attributor/reader/process-entry.h"
#include "tests/fuzz/fuzz-target.h"

#include <string>
#include <string_view>

namespace {

using namespace portreeve::reader;

void checkVariable(kj::ArrayPtr<const char> environment) {
  KJ_IF_MAYBE (value, variableIn(environment, "APPIMAGE")) {
    require(value->begin() >= environment.begin() && value->end() < environment.end());
    require(*value->end() == 0);
    constexpr std::string_view BEFORE = "APPIMAGE=";
    require(size_t(value->begin() - environment.begin()) >= BEFORE.size());
    auto start = value->begin() - BEFORE.size();
    require(std::string_view(start, BEFORE.size()) == BEFORE);
    require(start == environment.begin() || start[-1] == 0);
    for (char c : *value) require(c != 0);
  }
}

void checkLink(kj::ArrayPtr<const char> link) {
  uint64_t inode = socketInLink(link);
  if (inode == 0) return;
  std::string number(link.begin() + sizeof "socket:[" - 1, link.end() - 1);
  require(std::stoull(number) == inode && *(link.end() - 1) == ']');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::arrayPtr(reinterpret_cast<const char*>(data), size);
  checkVariable(text);
  checkLink(text);
  return 0;
}
