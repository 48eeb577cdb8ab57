// SPDX-License-Identifier: GPL-3.0-or-later
// What a process says of itself: its arguments, and what an interpreter among them runs. An input
// is the working directory, 0x1e, and the raw text of /proc/PID/cmdline (proc(5)).
#include "attributor/printable.h"
#include "attributor/script.h"
#include "tests/fuzz/fuzz-target.h"

#include <algorithm>

namespace {

using namespace portreeve::attributor;

constexpr uint8_t APART = 0x1e;
constexpr size_t LONGEST = 1024;

void checkText(kj::StringPtr text) {
  require(text.size() <= LONGEST);
  for (unsigned char c : text) require(c >= 0x20 && c != 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto end = data + size;
  auto apart = std::find(data, end, APART);
  auto folder = wholePrintable(kj::arrayPtr(data, apart), LONGEST);
  auto arguments = kj::arrayPtr(apart == end ? end : apart + 1, end);
  checkText(folder);
  checkText(commandLineOf(arguments));
  for (kj::StringPtr program : {"/usr/bin/python3.11"_kj, "/usr/bin/perl"_kj, "/usr/bin/ruby3.1"_kj,
                                "/usr/bin/node"_kj, "/usr/bin/php8.2"_kj, "/usr/bin/lua5.4"_kj,
                                "/bin/bash"_kj, "/usr/lib/jvm/java-17-openjdk-amd64/bin/java"_kj})
    checkText(scriptOf(program, arguments, folder));
  require(scriptOf("/usr/bin/curl"_kj, arguments, folder).size() == 0);
  return 0;
}
