// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/tls-buffers.h"

#include <kj/debug.h>
#include <openssl/bio.h>
#include <string.h>

#include <algorithm>

namespace portreeve::gate17 {
namespace {

TlsBuffers& buffersOf(BIO* bio) {
  return *static_cast<TlsBuffers*>(BIO_get_data(bio));
}

int readIncoming(BIO* bio, char* to, size_t size, size_t* got) {
  BIO_clear_retry_flags(bio);
  auto& incoming = buffersOf(bio).incoming;
  *got = std::min(size, incoming.size());
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  memcpy(to, incoming.begin(), *got);
  incoming = incoming.slice(*got, incoming.size());
  return 1;
}

int writeOutgoing(BIO* bio, const char* from, size_t size, size_t* put) {
  BIO_clear_retry_flags(bio);
  auto& outgoing = buffersOf(bio).outgoing;
  auto* bytes = reinterpret_cast<const kj::byte*>(from);
  outgoing.insert(outgoing.end(), bytes, bytes + size);
  *put = size;
  return 1;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* method() {
  static BIO_METHOD* made = []() {
    auto* result = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gate17");
    KJ_REQUIRE(result != nullptr && BIO_meth_set_read_ex(result, &readIncoming) == 1 &&
                   BIO_meth_set_write_ex(result, &writeOutgoing) == 1 &&
                   BIO_meth_set_ctrl(result, &control) == 1,
               "OpenSSL has no memory");
    return result;
  }();
  return made;
}

}  // namespace

bio_st* TlsBuffers::newBio() {
  BIO* bio = BIO_new(method());
  KJ_REQUIRE(bio != nullptr, "OpenSSL has no memory");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace portreeve::gate17
