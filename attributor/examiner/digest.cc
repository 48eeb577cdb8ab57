// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/examiner/digest.h"

#include "common/clock.h"

#include <kj/debug.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

namespace portreeve::examiner {
namespace {

constexpr size_t PIECE = 256 << 10;
constexpr size_t DIGEST_BYTES = 32;

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Context begin() {
  Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  KJ_REQUIRE(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1,
             "libcrypto has no SHA-256");
  return context;
}

bool sameContent(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
         a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

void writeHexadecimal(const unsigned char* digest, kj::ArrayPtr<char> out) {
  constexpr char DIGITS[] = "0123456789abcdef";
  KJ_REQUIRE(out.size() > 2 * DIGEST_BYTES);
  for (size_t i = 0; i < DIGEST_BYTES; i++) {
    out[2 * i] = DIGITS[digest[i] >> 4];
    out[2 * i + 1] = DIGITS[digest[i] & 0xf];
  }
  out[2 * DIGEST_BYTES] = 0;
}

Failure addWhole(int file, EVP_MD_CTX* context, uint64_t deadline) {
  auto piece = kj::heapArray<unsigned char>(PIECE);
  uint64_t total = 0;
  for (;;) {
    ssize_t got = pread(file, piece.begin(), piece.size(), off_t(total));
    if (got < 0) return Failure::UNREADABLE;
    if (got == 0) return Failure::NONE;
    total += uint64_t(got);
    if (total > LARGEST_FILE) return Failure::TOO_LARGE;
    if (monotonicNs() > deadline) return Failure::TOO_SLOW;
    EVP_DigestUpdate(context, piece.begin(), size_t(got));
  }
}

}  // namespace

void prepareDigests() {
  begin();
}

Failure digestOf(int file, kj::ArrayPtr<char> hexadecimal, uint64_t timeLimitNs) {
  struct stat before, after;
  if (fstat(file, &before) < 0) return Failure::UNREADABLE;
  if (uint64_t(before.st_size) > LARGEST_FILE) return Failure::TOO_LARGE;
  auto context = begin();
  auto failure = addWhole(file, context.get(), monotonicNs() + timeLimitNs);
  if (failure != Failure::NONE) return failure;
  if (fstat(file, &after) < 0) return Failure::UNREADABLE;
  if (!sameContent(before, after)) return Failure::CHANGED;
  unsigned char digest[DIGEST_BYTES];
  if (EVP_DigestFinal_ex(context.get(), digest, nullptr) != 1) return Failure::UNREADABLE;
  writeHexadecimal(digest, hexadecimal);
  return Failure::NONE;
}

}  // namespace portreeve::examiner
