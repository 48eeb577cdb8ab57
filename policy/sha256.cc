// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/sha256.h"

#include <kj/debug.h>
#include <kj/encoding.h>
#include <openssl/evp.h>

namespace portreeve::policy {

kj::String sha256(kj::ArrayPtr<const char> text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  KJ_REQUIRE(EVP_Digest(text.begin(), text.size(), digest, &size, EVP_sha256(), nullptr) == 1,
             "SHA-256 is not there");
  return kj::encodeHex(kj::arrayPtr(digest, size));
}

}  // namespace portreeve::policy
