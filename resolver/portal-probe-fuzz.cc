// SPDX-License-Identifier: GPL-3.0-or-later
// What a captive portal, or whoever stands on the way, replies over HTTP.
#include "tests/fuzz/fuzz-target.h"

#include "resolver/portal-probe.h"

#include <kj/debug.h>
#include <stdlib.h>

using namespace portreeve::resolver;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ProbePage page = KJ_ASSERT_NONNULL(ProbePage::parse("http://probe.example/nm"));
  auto result = readProbe(page, kj::arrayPtr(reinterpret_cast<const char*>(data), size));
  // A name is a portal's, and never the page's own.
  KJ_IF_MAYBE (name, result.name)
    if (result.kind != ProbeResult::Kind::PORTAL || *name == page.host) abort();
  return 0;
}
