// SPDX-License-Identifier: GPL-3.0-or-later
// Keys of Gate17 nodes and of those who use them: Ed25519 (RFC 8032), by OpenSSL. A private key is
// a PEM file (PKCS #8), a public one is its 32 bytes in base64, 44 letters.
#pragma once

#include <kj/common.h>
#include <kj/memory.h>
#include <kj/string.h>

struct evp_pkey_st;

namespace portreeve::gate17 {

class PrivateKey {
public:
  static PrivateKey make();
  static PrivateKey read(kj::StringPtr path);
  // Throws FAILED with the path and what is wrong; never with what it read.

  PrivateKey(PrivateKey&& other) noexcept;
  ~PrivateKey() noexcept(false);
  KJ_DISALLOW_COPY(PrivateKey);

  kj::String pem() const;
  kj::String publicKey() const;
  evp_pkey_st* get() const { return key; }

private:
  explicit PrivateKey(evp_pkey_st* key) : key(key) {}
  evp_pkey_st* key;
};

kj::Maybe<kj::String> publicKeyOf(evp_pkey_st* key);
// Nullptr: not of Ed25519.

}  // namespace portreeve::gate17
