// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tls-client.h"

#include "common/clock.h"
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

class Connected {
  // A connection to tls://192.0.2.1#NAME, or why there is none.
public:
  Connected(const Certificate& certificate, ClockTrust& clock, kj::StringPtr name = "dns.example")
      : client(kj::StringPtr(certificate.path), clock),
        pipe(kj::newTwoWayPipe()),
        server(kj::mv(pipe.ends[1]), certificate),
        upstream(Upstream::parse(kj::str("tls://192.0.2.1#", name))) {}

  kj::String shakeHands() {
    return client.wrap(plainWire(kj::mv(pipe.ends[0])), upstream)
        .then(
            [this](kj::Own<Wire>&& made) {
              reading = made->read(octets, 1, sizeof octets)
                            .ignoreResult()
                            .eagerlyEvaluate([](kj::Exception&&) {});
              wire = kj::mv(made);
              return kj::str("good");
            },
            [](kj::Exception&& e) { return kj::str(e.getDescription()); })
        .wait(scope);
  }

  kj::String write() {
    return kj::evalNow(
               [this]() { return KJ_ASSERT_NONNULL(wire)->write(kj::heapArray<kj::byte>(16)); })
        .then([]() { return kj::str("written"); },
              [](kj::Exception&& e) { return kj::str(e.getDescription()); })
        .wait(scope);
  }

private:
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  TlsClient client;
  kj::TwoWayPipe pipe;
  Server server;
  Upstream upstream;
  kj::Promise<void> serving = server.serve().eagerlyEvaluate([](kj::Exception&&) {});
  kj::Maybe<kj::Own<Wire>> wire;
  kj::byte octets[64];
  kj::Promise<void> reading = nullptr;  // what the server sends besides: tickets
};

kj::String connect(const Certificate& certificate, ClockTrust& clock,
                   kj::StringPtr name = "dns.example") {
  // "good", or why not.
  return Connected(certificate, clock, name).shakeHands();
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

TEST_CASE("one that has ended is taken while the clock may be ahead, and counted") {
  FakeClockTrust clock;
  clock.uptime = 60 * FakeClockTrust::SECOND;
  CHECK(connect(Certificate(-2, -1), clock.trust) == "good");
  CHECK(clock.trust.forgiven() > 0);
  clock.trust.rootCounts();
  CHECK(says(connect(Certificate(-2, -1), clock.trust), "expired"));
}

TEST_CASE("one that ended before this version was written is refused, whatever the clock") {
  FakeClockTrust clock;
  clock.uptime = 60 * FakeClockTrust::SECOND;
  CHECK(says(connect(Certificate(-1000, -500), clock.trust), "expired"));
}

TEST_CASE("one that ended before the root's newest signature was made is refused") {
  FakeClockTrust clock;
  clock.uptime = 60 * FakeClockTrust::SECOND;
  clock.wall = FakeClockTrust::GOOD + 1000 * 86400 * FakeClockTrust::SECOND;
  auto now = wallNs();
  clock.trust.rootEnded(now, now + 86400 * FakeClockTrust::SECOND);
  CHECK(clock.trust.isAhead());
  CHECK(says(connect(Certificate(-2, -1), clock.trust), "expired"));
}

TEST_CASE("a connection that was made in spite of a date ends with the first question after that") {
  FakeClockTrust clock;
  clock.uptime = 60 * FakeClockTrust::SECOND;
  Certificate certificate(-2, -1);
  Connected connected(certificate, clock.trust);
  CHECK(connected.shakeHands() == "good");
  CHECK(connected.write() == "written");
  clock.trust.rootCounts();
  CHECK(says(connected.write(), "has to stand by its dates again"));
}

TEST_CASE("all else of a certificate counts then as well") {
  FakeClockTrust clock;
  clock.wall = 0;
  CHECK(says(connect(Certificate(-2, -1), clock.trust), "expired"));
  CHECK(says(connect(Certificate(1, 2), clock.trust, "other.example"), "mismatch"));
}

}  // namespace portreeve::resolver
