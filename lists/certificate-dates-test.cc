// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/certificate-dates.h"

#include "common/clock.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::lists {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;

TEST_CASE("a refusal for the certificate's dates is told from others, whichever library said it") {
  for (auto library : {"GnuTLS/3.7.9", "OpenSSL/3.0.11"}) CHECK(dateFault(library, 0) == nullptr);
  CHECK(KJ_ASSERT_NONNULL(dateFault("GnuTLS/3.7.9", 1 << 9 | 1 << 1)) == DateFault::NOT_YET);
  CHECK(KJ_ASSERT_NONNULL(dateFault("GnuTLS/3.7.9", 1 << 10 | 1 << 1)) == DateFault::ENDED);
  CHECK_MESSAGE(dateFault("GnuTLS/3.7.9", 1 << 6 | 1 << 1) == nullptr, "an unknown authority");
  CHECK(KJ_ASSERT_NONNULL(dateFault("OpenSSL/3.0.11", 9)) == DateFault::NOT_YET);
  CHECK(KJ_ASSERT_NONNULL(dateFault("OpenSSL/3.0.11", 10)) == DateFault::ENDED);
  CHECK_MESSAGE(dateFault("OpenSSL/3.0.11", 18) == nullptr, "signed by itself");
  CHECK_MESSAGE(dateFault("NSS/3.90", 9) == nullptr, "its numbers are not known");
}

TEST_CASE("the words say what the clock says, and that it is wrong where it must be") {
  CHECK(inWords(DateFault::NOT_YET, 60 * SECOND) ==
        "the server's certificate is not valid by this machine's clock, which says "
        "1970-01-01T00:01:00.000Z: that is before this version of portreeve was written, so set "
        "the clock");
  CHECK(inWords(DateFault::NOT_YET, WRITTEN_NS) ==
        "the server's certificate is not valid yet by this machine's clock, which says "
        "2026-11-18T11:06:40.000Z");
  CHECK(inWords(DateFault::ENDED, 4'000'000'000 * SECOND) ==
        "the server's certificate has ended by this machine's clock, which says "
        "2096-10-02T07:06:40.000Z");
}

}  // namespace
}  // namespace portreeve::lists
