// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/process-entry.h"
#include "tests/fuzz/fuzz-target.h"

#include <stdlib.h>

#include <string>

namespace {

using namespace portreeve::reader;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::arrayPtr(reinterpret_cast<const char*>(data), size);
  KJ_IF_MAYBE (fields, scanStat(text)) {
    // What the process calls itself, in front of the last bracket, is nothing to it.
    std::string renamed("1 (a) 9 9 9 ");
    renamed.append(text.begin(), text.size());
    KJ_IF_MAYBE (again, scanStat(kj::arrayPtr(renamed.data(), renamed.size())))
      require(*again == *fields);
    else
      abort();
  }
  return 0;
}
