// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/keys.h"

#include <errno.h>
#include <kj/debug.h>
#include <kj/encoding.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

namespace portreeve::gate17 {
namespace {

constexpr size_t PUBLIC_BYTES = 32;

}  // namespace

PrivateKey PrivateKey::make() {
  EVP_PKEY* made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  KJ_REQUIRE(made != nullptr, "OpenSSL makes no Ed25519 key");
  return PrivateKey(made);
}

PrivateKey PrivateKey::read(kj::StringPtr path) {
  FILE* file = fopen(path.cStr(), "re");
  KJ_REQUIRE(file != nullptr, kj::str("key ", path, ": ", strerror(errno),
                                      ": make one with `portreeve gate keygen`"));
  KJ_DEFER(fclose(file));
  // No pass phrase: nobody is there to type it.
  auto none = [](char*, int, int, void*) { return 0; };
  PrivateKey read(PEM_read_PrivateKey(file, nullptr, none, nullptr));
  KJ_REQUIRE(read.key != nullptr && publicKeyOf(read.key) != nullptr,
             kj::str("key ", path,
                     ": holds no Ed25519 key in PEM: make one with `portreeve gate "
                     "keygen`"));
  return read;
}

PrivateKey::PrivateKey(PrivateKey&& other) noexcept : key(other.key) {
  other.key = nullptr;
}

PrivateKey::~PrivateKey() noexcept(false) {
  EVP_PKEY_free(key);
}

kj::String PrivateKey::pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  KJ_DEFER(BIO_free(memory));
  KJ_REQUIRE(PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
             "OpenSSL does not write the key");
  char* text = nullptr;
  long size = BIO_get_mem_data(memory, &text);
  return kj::heapString(text, size_t(size));
}

kj::String PrivateKey::publicKey() const {
  return KJ_ASSERT_NONNULL(publicKeyOf(key));
}

kj::Maybe<kj::String> publicKeyOf(EVP_PKEY* key) {
  kj::byte raw[PUBLIC_BYTES];
  size_t size = sizeof raw;
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(key, raw, &size) != 1 || size != PUBLIC_BYTES)
    return nullptr;
  return kj::encodeBase64(kj::arrayPtr(raw, size));
}

}  // namespace portreeve::gate17
