// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/certificate-dates.h"

#include "common/clock.h"

namespace portreeve::lists {
namespace {

// gnutls/gnutls.h, gnutls_certificate_status_t: bits.
constexpr long GNUTLS_NOT_ACTIVATED = 1 << 9, GNUTLS_EXPIRED = 1 << 10;
// openssl/x509_vfy.h.
constexpr long OPENSSL_NOT_YET_VALID = 9, OPENSSL_HAS_EXPIRED = 10;

kj::Maybe<DateFault> fault(bool notYet, bool ended) {
  if (notYet) return DateFault::NOT_YET;
  if (ended) return DateFault::ENDED;
  return nullptr;
}

}  // namespace

kj::Maybe<DateFault> dateFault(kj::StringPtr library, long verdict) {
  if (library.startsWith("GnuTLS"))
    return fault(verdict & GNUTLS_NOT_ACTIVATED, verdict & GNUTLS_EXPIRED);
  if (library.startsWith("OpenSSL"))
    return fault(verdict == OPENSSL_NOT_YET_VALID, verdict == OPENSSL_HAS_EXPIRED);
  return nullptr;
}

kj::String inWords(DateFault fault, uint64_t nowNs) {
  auto clock = kj::str("this machine's clock, which says ", rfc3339(nowNs));
  if (nowNs < WRITTEN_NS)
    return kj::str("the server's certificate is not valid by ", clock,
                   ": that is before this version of portreeve was written, so set the clock");
  return kj::str("the server's certificate ",
                 fault == DateFault::NOT_YET ? "is not valid yet"_kj : "has ended"_kj, " by ",
                 clock);
}

}  // namespace portreeve::lists
