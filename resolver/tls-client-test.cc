// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tls-client.h"

#include "resolver/fake-clock-trust.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>

namespace portreeve::resolver {
namespace {

constexpr long DAY = 86400;

class Certificate {
  // Signed by itself, for dns.example, from and until so many days from now by the real clock.
public:
  Certificate(long from, long until) : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from * DAY);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until * DAY);
    X509_set_pubkey(certificate, key);
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("dns.example"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    KJ_ASSERT(X509_sign(certificate, key, EVP_sha256()) > 0);
    int made = mkstemp(path);
    KJ_ASSERT(made >= 0);
    auto* file = fdopen(made, "w");
    PEM_write_X509(file, certificate);
    fclose(file);
  }
  ~Certificate() {
    unlink(path);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  KJ_DISALLOW_COPY(Certificate);

  char path[32] = "/tmp/portreeve-ca-XXXXXX";
  EVP_PKEY* key;
  X509* certificate;
};

class Server {
  // Shakes hands on one end of a pipe.
public:
  Server(kj::Own<kj::AsyncIoStream> end, const Certificate& own)
      : stream(kj::mv(end)), context(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context, own.certificate);
    SSL_CTX_use_PrivateKey(context, own.key);
    ssl = SSL_new(context);
    SSL_set_bio(ssl, incoming = BIO_new(BIO_s_mem()), outgoing = BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl);
  }
  ~Server() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
  KJ_DISALLOW_COPY(Server);

  kj::Promise<void> serve() {
    return stream->tryRead(buffer, 1, sizeof buffer).then([this](size_t got) -> kj::Promise<void> {
      if (got == 0) return kj::READY_NOW;
      BIO_write(incoming, buffer, int(got));
      SSL_do_handshake(ssl);
      size_t size = BIO_ctrl_pending(outgoing);
      if (size == 0) return serve();
      auto octets = kj::heapArray<kj::byte>(size);
      BIO_read(outgoing, octets.begin(), int(size));
      auto written = stream->write(octets.begin(), octets.size());
      return written.attach(kj::mv(octets)).then([this]() { return serve(); });
    });
  }

private:
  kj::Own<kj::AsyncIoStream> stream;
  SSL_CTX* context;
  SSL* ssl;
  BIO *incoming, *outgoing;
  kj::byte buffer[16384];
};

kj::String connect(const Certificate& certificate, ClockTrust& clock,
                   kj::StringPtr name = "dns.example") {
  // "good", or why not.
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  TlsClient client(kj::StringPtr(certificate.path), clock);
  auto pipe = kj::newTwoWayPipe();
  Server server(kj::mv(pipe.ends[1]), certificate);
  auto serving = server.serve().eagerlyEvaluate([](kj::Exception&&) {});
  auto upstream = Upstream::parse(kj::str("tls://192.0.2.1#", name));
  return client.wrap(plainWire(kj::mv(pipe.ends[0])), upstream)
      .then([](kj::Own<Wire>&&) { return kj::str("good"); },
            [](kj::Exception&& e) { return kj::str(e.getDescription()); })
      .wait(scope);
}

bool says(kj::StringPtr text, const char* words) {
  return std::string_view(text.begin(), text.size()).find(words) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a certificate for today is taken") {
  FakeClockTrust clock;
  CHECK(connect(Certificate(-1, 1), clock.trust) == "good");
  CHECK(clock.trust.forgiven() == 0);
}

TEST_CASE("a certificate from tomorrow on is refused, by a clock that is right") {
  FakeClockTrust clock;
  CHECK(says(connect(Certificate(1, 2), clock.trust), "not yet valid"));
}

TEST_CASE("while the clock is wrong it is taken, and counted") {
  FakeClockTrust clock;
  clock.wall = 0;
  CHECK(connect(Certificate(1, 2), clock.trust) == "good");
  CHECK(clock.trust.forgiven() > 0);
}

TEST_CASE("all else of a certificate counts then as well") {
  FakeClockTrust clock;
  clock.wall = 0;
  CHECK(says(connect(Certificate(-2, -1), clock.trust), "expired"));
  CHECK(says(connect(Certificate(1, 2), clock.trust, "other.example"), "mismatch"));
}

}  // namespace portreeve::resolver
