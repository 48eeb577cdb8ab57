// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/tls-stream.h"

#include "gate17/tls-buffers.h"

#include <kj/debug.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

namespace portreeve::gate17 {
namespace {

constexpr size_t PART = 128 << 10;            // read from below at once
constexpr size_t MOST_COLLECTED = 256 << 10;  // encrypted, and not yet taken by below
constexpr long VALID_SECONDS = 10L * 365 * 24 * 3600;
constexpr kj::StringPtr PROTOCOL = "gate17/1"_kj;  // ALPN (RFC 7301)

kj::Exception broken(kj::StringPtr why) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str("TLS: ", why));
}

kj::String lastError() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return kj::str(words == nullptr ? "the peer broke off" : words);
}

void setCertificate(SSL_CTX* context, const PrivateKey& own) {
  // Its only content is the key; nobody looks at names or dates.
  X509* certificate = X509_new();
  KJ_DEFER(X509_free(certificate));
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_SECONDS);
  X509_set_pubkey(certificate, own.get());
  auto* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("gate17"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  KJ_REQUIRE(X509_sign(certificate, own.get(), nullptr) > 0 &&
                 SSL_CTX_use_certificate(context, certificate) == 1 &&
                 SSL_CTX_use_PrivateKey(context, own.get()) == 1,
             "OpenSSL does not take the key");
}

kj::Maybe<kj::String> keyOf(X509* certificate) {
  if (certificate == nullptr) return nullptr;
  return publicKeyOf(X509_get0_pubkey(certificate));
}

int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* length,
                   const unsigned char* offered, unsigned int offeredLength, void*) {
  static const unsigned char OURS[] = "\x08gate17/1";
  auto* mutableChosen = const_cast<unsigned char**>(chosen);
  int result =
      SSL_select_next_proto(mutableChosen, length, OURS, sizeof OURS - 1, offered, offeredLength);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

class TlsStreamImpl final : public TlsStream {
public:
  TlsStreamImpl(SSL_CTX* context, kj::Own<kj::AsyncIoStream> below, bool connecting)
      : below(kj::mv(below)), ssl(SSL_new(context)) {
    KJ_REQUIRE(ssl != nullptr, "OpenSSL has no memory");
    SSL_set_app_data(ssl, this->below.get());
    auto* bio = buffers.newBio();
    SSL_set_bio(ssl, bio, bio);
    if (connecting)
      SSL_set_connect_state(ssl);
    else
      SSL_set_accept_state(ssl);
  }
  ~TlsStreamImpl() noexcept(false) { SSL_free(ssl); }

  kj::Promise<void> shakeHands() {
    ERR_clear_error();
    int result = SSL_do_handshake(ssl);
    int why = SSL_get_error(ssl, result);
    if (result == 1) {
      KJ_IF_MAYBE (known, keyOf(SSL_get0_peer_certificate(ssl))) key = kj::mv(*known);
      return flush();
    }
    if (why != SSL_ERROR_WANT_READ) {
      auto reason = lastError();
      // The alert that tells the peer why goes out first.
      return flush().then(
          [reason = kj::mv(reason)]() -> kj::Promise<void> { return broken(reason); });
    }
    return flush()
        .then([this]() { return receive(); })
        .then([this](bool more) -> kj::Promise<void> {
          if (!more) return broken("the peer broke off while shaking hands");
          return shakeHands();
        });
  }

  kj::StringPtr peerKey() const override { return key; }

  kj::Promise<size_t> read(void* buffer, size_t minBytes, size_t maxBytes) override {
    return tryRead(buffer, minBytes, maxBytes).then([minBytes](size_t got) -> kj::Promise<size_t> {
      if (got < minBytes) return broken("the peer broke off");
      return got;
    });
  }

  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override {
    return readMore(static_cast<kj::byte*>(buffer), minBytes, maxBytes, 0);
  }

  kj::Promise<void> write(const void* buffer, size_t size) override {
    auto piece = kj::arrayPtr(static_cast<const kj::byte*>(buffer), size);
    return write(kj::arrayPtr(&piece, 1));
  }

  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    KJ_IF_MAYBE (why, failed) return kj::cp(*why);
    if (!encrypt(pieces)) return broken(lastError());
    return sendSoon();
  }

  kj::Promise<void> whenWriteDisconnected() override { return below->whenWriteDisconnected(); }

  void getsockopt(int level, int option, void* value, kj::uint* length) override {
    below->getsockopt(level, option, value, length);
  }

  void shutdownWrite() override {
    SSL_shutdown(ssl);
    closing = flush().then([this]() { below->shutdownWrite(); }).eagerlyEvaluate(nullptr);
  }

private:
  kj::Own<kj::AsyncIoStream> below;
  TlsBuffers buffers;
  SSL* ssl;
  kj::String key;
  kj::Array<kj::byte> received = kj::heapArray<kj::byte>(PART);
  std::vector<kj::byte> sending;  // what `below` has now; `buffers` collects the next
  bool underWay = false;
  kj::Maybe<kj::Exception> failed;  // sending
  kj::ForkedPromise<void> flushed = kj::Promise<void>(kj::READY_NOW).fork();
  kj::Promise<void> closing = nullptr;

  bool encrypt(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
    // Small pieces share a record; whole records are encrypted from where they are.
    kj::byte record[SSL3_RT_MAX_PLAIN_LENGTH];
    size_t filled = 0;
    for (auto piece : pieces) {
      while (piece.size() > 0) {
        if (filled == 0 && piece.size() >= sizeof record) {
          size_t whole = piece.size() / sizeof record * sizeof record;
          if (!encrypt(piece.slice(0, whole))) return false;
          piece = piece.slice(whole, piece.size());
          continue;
        }
        size_t part = kj::min(piece.size(), sizeof record - filled);
        memcpy(record + filled, piece.begin(), part);
        filled += part;
        piece = piece.slice(part, piece.size());
        if (filled < sizeof record) continue;
        if (!encrypt(kj::arrayPtr(record, filled))) return false;
        filled = 0;
      }
    }
    return encrypt(kj::arrayPtr(record, filled));
  }

  bool encrypt(kj::ArrayPtr<const kj::byte> bytes) {
    ERR_clear_error();
    size_t written = 0;
    return bytes.size() == 0 || SSL_write_ex(ssl, bytes.begin(), bytes.size(), &written) == 1;
  }

  kj::Promise<size_t> readMore(kj::byte* buffer, size_t minBytes, size_t maxBytes, size_t done) {
    ERR_clear_error();
    while (done < maxBytes) {
      size_t got = 0;
      if (SSL_read_ex(ssl, buffer + done, maxBytes - done, &got) != 1) {
        int why = SSL_get_error(ssl, 0);
        if (why == SSL_ERROR_WANT_READ) break;
        if (why == SSL_ERROR_ZERO_RETURN) return done;
        return broken(lastError());
      }
      done += got;
    }
    if (done >= minBytes && done > 0) return done;
    // What came may call for an answer (a key update). Nobody waits for it to be sent: two ends
    // that read only once they have written would wait for each other.
    startSending();
    return receive().then(
        [this, buffer, minBytes, maxBytes, done](bool more) -> kj::Promise<size_t> {
          // Without its closing alert the end may be anybody's.
          if (!more) return done;
          return readMore(buffer, minBytes, maxBytes, done);
        });
  }

  kj::Promise<bool> receive() {
    return below->tryRead(received.begin(), 1, received.size()).then([this](size_t got) {
      buffers.incoming = kj::arrayPtr(received.begin(), got);
      return got > 0;
    });
  }

  kj::Promise<void> sendSoon() {
    // What else is written before the loop has nothing left to do goes with it, and the writer goes
    // on meanwhile, up to a limit. What fails then is told to the next one.
    auto done = flush();
    if (buffers.outgoing.size() + sending.size() >= MOST_COLLECTED) return done;
    return kj::READY_NOW;
  }

  kj::Promise<void> flush() {
    startSending();
    return flushed.addBranch();
  }

  void startSending() {
    if (underWay || buffers.outgoing.empty()) return;
    underWay = true;
    flushed = kj::evalLast([this]() { return sendCollected(); }).fork();
  }

  kj::Promise<void> sendCollected() {
    sending.clear();
    std::swap(sending, buffers.outgoing);
    if (sending.empty()) {
      underWay = false;
      return kj::READY_NOW;
    }
    return below->write(sending.data(), sending.size())
        .then([this]() { return sendCollected(); },
              [this](kj::Exception&& e) -> kj::Promise<void> {
                failed = kj::cp(e);
                return kj::mv(e);
              });
  }
};

}  // namespace

struct TlsVerification {
  static int verify(X509_STORE_CTX* store, void* argument) {
    auto& context = *static_cast<TlsContext*>(argument);
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& below = *static_cast<kj::AsyncIoStream*>(SSL_get_app_data(ssl));
    KJ_IF_MAYBE (key, keyOf(X509_STORE_CTX_get0_cert(store)))
      if (context.knows(*key, below)) return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
  }
};

TlsContext::TlsContext(const PrivateKey& own, Knows knows)
    : context(SSL_CTX_new(TLS_method())), knows(kj::mv(knows)) {
  KJ_REQUIRE(context != nullptr, "OpenSSL has no memory");
  KJ_REQUIRE(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1,
             "OpenSSL does not speak TLS 1.3");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsVerification::verify, this);
  // Nothing is resumed: each connection proves its keys.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>("\x08gate17/1"),
                          unsigned(PROTOCOL.size() + 1));
  SSL_CTX_set_alpn_select_cb(context, &chooseProtocol, nullptr);
  setCertificate(context, own);
}

TlsContext::~TlsContext() noexcept(false) {
  SSL_CTX_free(context);
}

kj::Promise<kj::Own<TlsStream>> TlsContext::shakeHands(kj::Own<kj::AsyncIoStream> stream,
                                                       bool connecting) {
  auto made = kj::heap<TlsStreamImpl>(context, kj::mv(stream), connecting);
  auto shaken = made->shakeHands();
  return shaken.then(
      [made = kj::mv(made)]() mutable -> kj::Own<TlsStream> { return kj::mv(made); });
}

kj::Promise<kj::Own<TlsStream>> TlsContext::connect(kj::Own<kj::AsyncIoStream> stream) {
  return shakeHands(kj::mv(stream), true);
}

kj::Promise<kj::Own<TlsStream>> TlsContext::accept(kj::Own<kj::AsyncIoStream> stream) {
  return shakeHands(kj::mv(stream), false);
}

}  // namespace portreeve::gate17
