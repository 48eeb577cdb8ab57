// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tls-client.h"

#include <kj/debug.h>
#include <kj/encoding.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace portreeve::resolver {
namespace {

constexpr size_t PART = 16384 + 512;  // a record and what surrounds it

[[noreturn]] void giveUp(kj::StringPtr reason) {
  kj::throwFatalException(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                        kj::str("TLS: ", reason)));
}

kj::String lastError() {
  char text[160] = "unknown error";
  unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return kj::str(text);
}

kj::String pinOf(X509* certificate) {
  unsigned char* der = nullptr;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  KJ_DEFER(OPENSSL_free(der));
  kj::byte digest[SHA256_DIGEST_LENGTH];
  SHA256(der, size_t(size), digest);
  return kj::encodeBase64(kj::arrayPtr(digest, sizeof digest));
}

bool countedTogether(const STACK_OF(X509) * chain, uint64_t fromNs) {
  const ASN1_TIME *start = nullptr, *end = nullptr;
  for (int i = 0; i < sk_X509_num(chain); i++) {
    auto* one = sk_X509_value(chain, i);
    auto *from = X509_get0_notBefore(one), *until = X509_get0_notAfter(one);
    if (start == nullptr || ASN1_TIME_compare(from, start) > 0) start = from;
    if (end == nullptr || ASN1_TIME_compare(until, end) < 0) end = until;
  }
  // -2: one of them cannot be read.
  return end != nullptr && ASN1_TIME_compare(end, start) >= 0 &&
         ASN1_TIME_cmp_time_t(end, time_t(fromNs / 1'000'000'000)) >= 0;
}

}  // namespace

class TlsClient::Session final : public Wire {
public:
  Session(TlsClient& client, kj::Own<Wire> inner, const Upstream& upstream)
      : client(client),
        inner(kj::mv(inner)),
        key(upstream.toString().cStr()),
        pin(kj::str(upstream.pin)),
        ssl(SSL_new(client.context)),
        buffer(kj::heapArray<kj::byte>(PART)) {
    KJ_REQUIRE(ssl != nullptr, "OpenSSL has no memory");
    incoming = BIO_new(BIO_s_mem());
    outgoing = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, incoming, outgoing);
    SSL_set_connect_state(ssl);
    SSL_set_app_data(ssl, this);
    expect(upstream);
    auto known = client.sessions.find(key);
    if (known != client.sessions.end()) SSL_set_session(ssl, known->second);
  }
  ~Session() noexcept(false) override { SSL_free(ssl); }

  kj::Promise<void> shakeHands() {
    int result = SSL_do_handshake(ssl);
    int why = SSL_get_error(ssl, result);
    if (result == 1)
      return flush().then([this]() {
        requirePin();
        client.counts.handshakes++;
        if (SSL_session_reused(ssl)) client.counts.resumed++;
      });
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      client.counts.refused++;
      long verified = SSL_get_verify_result(ssl);
      auto reason = verified == X509_V_OK ? lastError()
                                          : kj::str("the server's certificate: ",
                                                    X509_verify_cert_error_string(verified));
      // The alert that tells the server why goes out first.
      return flush().then([reason = kj::mv(reason)]() { giveUp(reason); });
    }
    return flush().then([this]() { return receive(); }).then([this](bool more) {
      if (!more) giveUp("the server closed the connection during the handshake");
      return shakeHands();
    });
  }

  kj::Promise<void> write(kj::Array<kj::byte> octets) override {
    if (!stands()) giveUp("the server's certificate has to stand by its dates again");
    int written = SSL_write(ssl, octets.begin(), int(octets.size()));
    if (written <= 0) giveUp(lastError());
    return flush();
  }

  kj::Promise<size_t> read(void* into, size_t least, size_t most) override {
    auto* at = static_cast<kj::byte*>(into);
    size_t got = 0;
    while (got < most) {
      int part = SSL_read(ssl, at + got, int(most - got));
      if (part <= 0) {
        int why = SSL_get_error(ssl, part);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) break;
        ERR_clear_error();
        return got;  // closed, or broken: the end either way
      }
      got += size_t(part);
    }
    if (got >= least && got > 0) return got;
    // What came may call for an answer (key updates).
    return flush()
        .then([this]() { return receive(); })
        .then([this, at, got, least, most](bool more) -> kj::Promise<size_t> {
          if (!more) return got;
          return read(at + got, least > got ? least - got : 1, most - got).then([got](size_t rest) {
            return got + rest;
          });
        });
  }

  static int verified(int good, X509_STORE_CTX* checking) {
    // SSL_CTX_set_verify(3): called for each certificate and each fault of it.
    int fault = X509_STORE_CTX_get_error(checking);
    if (good == 1) return good;
    if (fault != X509_V_ERR_CERT_NOT_YET_VALID && fault != X509_V_ERR_CERT_HAS_EXPIRED) return good;
    auto* ssl = static_cast<SSL*>(
        X509_STORE_CTX_get_ex_data(checking, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& self = *static_cast<Session*>(SSL_get_app_data(ssl));
    bool ended = fault == X509_V_ERR_CERT_HAS_EXPIRED;
    KJ_IF_MAYBE (clock, self.client.clock) {
      if (ended ? !clock->mayBeAhead() : !clock->forgives()) return 0;
      if (!countedTogether(X509_STORE_CTX_get0_chain(checking), clock->earliest())) return 0;
      clock->forgave(kj::str("a certificate of ", self.key.c_str()),
                     ended ? ClockTrust::Fault::ENDED : ClockTrust::Fault::NOT_YET);
      (ended ? self.tookEnded : self.tookNotYet) = true;
      X509_STORE_CTX_set_error(checking, X509_V_OK);
      return 1;
    }
    return 0;
  }

  static int remember(SSL* ssl, SSL_SESSION* session) {
    auto& self = *static_cast<Session*>(SSL_get_app_data(ssl));
    // Resumed, nobody would look at its certificate again.
    if (self.tookEnded || self.tookNotYet) return 0;
    auto& kept = self.client.sessions[self.key];
    if (kept != nullptr) SSL_SESSION_free(kept);
    kept = session;
    return 1;  // the reference is ours now
  }

private:
  TlsClient& client;
  kj::Own<Wire> inner;
  std::string key;
  kj::String pin;
  SSL* ssl;
  BIO* incoming = nullptr;
  BIO* outgoing = nullptr;
  kj::Array<kj::byte> buffer;
  kj::Maybe<kj::ForkedPromise<void>> flushing;
  bool tookEnded = false, tookNotYet = false;  // its certificate, in spite of its date

  bool stands() {
    KJ_IF_MAYBE (clock, client.clock)
      return (!tookEnded || clock->mayBeAhead()) && (!tookNotYet || clock->forgives());
    return true;
  }

  void expect(const Upstream& upstream) {
    if (upstream.protocol == Protocol::HTTPS) {
      SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>("\2h2"), 3);
    } else {
      SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>("\3dot"), 4);
    }
    if (pin.size() > 0) {
      SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);  // requirePin sees to it
    } else {
      SSL_set_verify(ssl, SSL_VERIFY_PEER, &Session::verified);
      if (upstream.name.size() > 0)
        SSL_set1_host(ssl, upstream.name.cStr());
      else
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), upstream.address.toString().cStr());
    }
    if (upstream.name.size() > 0) SSL_set_tlsext_host_name(ssl, upstream.name.cStr());
  }

  void requirePin() {
    if (pin.size() == 0) return;
    X509* certificate = SSL_get0_peer_certificate(ssl);
    auto seen = certificate == nullptr ? kj::String() : pinOf(certificate);
    if (seen == pin) return;
    client.counts.refused++;
    giveUp(kj::str("the server's key has the pin ", seen, ", not ", pin));
  }

  kj::Promise<void> flush() {
    // Reading and writing may both have something to send: in order, one behind the other.
    size_t size = BIO_ctrl_pending(outgoing);
    if (size == 0) {
      KJ_IF_MAYBE (last, flushing) return last->addBranch();
      return kj::READY_NOW;
    }
    auto octets = kj::heapArray<kj::byte>(size);
    BIO_read(outgoing, octets.begin(), int(size));
    kj::Promise<void> before = kj::READY_NOW;
    KJ_IF_MAYBE (last, flushing) before = last->addBranch();
    auto sent = before
                    .then([this, octets = kj::mv(octets)]() mutable {
                      return inner->write(kj::mv(octets));
                    })
                    .fork();
    auto branch = sent.addBranch();
    flushing = kj::mv(sent);
    return branch;
  }

  kj::Promise<bool> receive() {
    return inner->read(buffer.begin(), 1, buffer.size()).then([this](size_t got) {
      if (got == 0) return false;
      BIO_write(incoming, buffer.begin(), int(got));
      return true;
    });
  }
};

TlsClient::TlsClient(kj::Maybe<kj::StringPtr> authorities, kj::Maybe<ClockTrust&> clock)
    : context(SSL_CTX_new(TLS_client_method())), clock(clock) {
  KJ_REQUIRE(context != nullptr, "OpenSSL: no context could be made");
  KJ_ON_SCOPE_FAILURE(SSL_CTX_free(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  int read = 0;
  KJ_IF_MAYBE (file, authorities)
    read = SSL_CTX_load_verify_file(context, file->cStr());
  else
    read = SSL_CTX_load_verify_file(context, "/etc/ssl/certs/ca-certificates.crt");
  // Without the distribution's file only pinned servers can be talked to, and the error says so.
  if (read != 1 && authorities != nullptr) KJ_FAIL_REQUIRE("OpenSSL: authorities", lastError());
  ERR_clear_error();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, &Session::remember);
}

TlsClient::~TlsClient() noexcept(false) {
  forgetSessions();
  SSL_CTX_free(context);
}

void TlsClient::forgetSessions() {
  for (auto& [key, session] : sessions) SSL_SESSION_free(session);
  sessions.clear();
}

kj::Promise<kj::Own<Wire>> TlsClient::wrap(kj::Own<Wire> wire, const Upstream& upstream) {
  auto session = kj::heap<Session>(*this, kj::mv(wire), upstream);
  auto& shaken = *session;
  return shaken.shakeHands().then(
      [session = kj::mv(session)]() mutable -> kj::Own<Wire> { return kj::mv(session); });
}

}  // namespace portreeve::resolver
