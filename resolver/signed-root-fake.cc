// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/signed-root-fake.h"

#include <kj/debug.h>
#include <kj/encoding.h>
#include <kj/io.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <unistd.h>

namespace portreeve::resolver {
namespace {

constexpr uint16_t TYPE_DNSKEY = 48;
constexpr char ECDSAP256SHA256 = 13;
constexpr uint32_t TTL = 60;
constexpr size_t COORDINATE = 32;  // octets

void append(std::string& to, uint64_t value, int octets) {
  while (octets-- > 0) to.push_back(char(value >> octets * 8));
}

uint16_t keyTag(const std::string& data) {
  // RFC 4034, appendix B.
  uint32_t sum = 0;
  for (size_t i = 0; i < data.size(); i++) sum += i & 1 ? uint8_t(data[i]) : uint8_t(data[i]) << 8;
  return uint16_t(sum + (sum >> 16));
}

std::string publicKeyOf(EVP_PKEY* key) {
  kj::byte point[1 + 2 * COORDINATE];
  size_t size = 0;
  KJ_ASSERT(EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point, sizeof point, &size) ==
            1);
  KJ_ASSERT(size == sizeof point);
  std::string data;
  append(data, 257, 2);  // a zone's key, and secure entry point
  append(data, 3, 1);
  data.push_back(ECDSAP256SHA256);
  data.append(reinterpret_cast<char*>(point + 1), 2 * COORDINATE);
  return data;
}

std::string sign(EVP_PKEY* key, const std::string& text) {
  auto* context = EVP_MD_CTX_new();
  KJ_DEFER(EVP_MD_CTX_free(context));
  kj::byte der[128];
  size_t size = sizeof der;
  KJ_ASSERT(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1);
  KJ_ASSERT(EVP_DigestSign(context, der, &size, reinterpret_cast<const kj::byte*>(text.data()),
                           text.size()) == 1);
  const kj::byte* at = der;
  auto* signature = d2i_ECDSA_SIG(nullptr, &at, long(size));
  KJ_DEFER(ECDSA_SIG_free(signature));
  kj::byte plain[2 * COORDINATE];
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), plain, COORDINATE);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), plain + COORDINATE, COORDINATE);
  return std::string(reinterpret_cast<char*>(plain), sizeof plain);
}

kj::String writeAnchor(const std::string& data) {
  char path[] = "/tmp/portreeve-anchor-XXXXXX";
  int made = mkstemp(path);
  if (made < 0) KJ_FAIL_SYSCALL("mkstemp", errno);
  kj::AutoCloseFd file(made);
  auto octets = kj::arrayPtr(reinterpret_cast<const kj::byte*>(data.data()) + 4, data.size() - 4);
  auto line = kj::str(". IN DNSKEY 257 3 13 ", kj::encodeBase64(octets), "\n");
  kj::FdOutputStream(file.get()).write(line.begin(), line.size());
  return kj::str(path);
}

}  // namespace

SignedRootFake::SignedRootFake()
    : key(EVP_EC_gen("P-256")), publicKey(publicKeyOf(key)), anchorFile(writeAnchor(publicKey)) {}

SignedRootFake::~SignedRootFake() noexcept(false) {
  unlink(anchorFile.cStr());
  EVP_PKEY_free(key);
}

kj::Promise<Resolved> SignedRootFake::resolve(const Lookup& lookup) {
  auto& question = lookup.question;
  Answer answer;
  if (question.type == TYPE_DNSKEY && question.name == Name()) {
    answer.answer.push_back(keyRecord());
  } else if (question.type == TYPE_SOA && question.name == Name()) {
    answer.answer.push_back(versionRecord());
  } else if (question.type == TYPE_A &&
             question.name == KJ_ASSERT_NONNULL(Name::parse("www.signed"))) {
    answer.answer.push_back({question.name, TYPE_A, CLASS_IN, TTL, std::string("\300\0\2\1", 4)});
  } else {
    return Resolved{kj::mv(answer), nullptr};
  }
  auto when = dates;
  if (question.name == Name()) when = ownDates.orDefault(dates);
  auto signature = signatureOf(answer.answer[0], when);
  if (forged && question.type == TYPE_A) signature.data.back() ^= 1;
  answer.answer.push_back(kj::mv(signature));
  return Resolved{kj::mv(answer), nullptr};
}

Record SignedRootFake::keyRecord() const {
  return {Name(), TYPE_DNSKEY, CLASS_IN, TTL, publicKey};
}

Record SignedRootFake::versionRecord() const {
  std::string data(2, '\0');  // MNAME and RNAME: the root
  for (uint32_t field : {1, 1800, 900, 604800, 60}) append(data, field, 4);
  return {Name(), TYPE_SOA, CLASS_IN, TTL, kj::mv(data)};
}

Record SignedRootFake::signatureOf(const Record& record, const Dates& when) const {
  // RFC 4034, 3.1: the signature's own data without the signature, then the record.
  std::string data;
  append(data, record.type, 2);
  data.push_back(ECDSAP256SHA256);
  append(data, record.owner == Name() ? 0 : 2, 1);  // labels: "www.signed" has two
  append(data, TTL, 4);
  append(data, when.expiration, 4);
  append(data, when.inception, 4);
  append(data, keyTag(publicKey), 2);
  data.push_back('\0');  // signed by the root
  std::string text = data + record.owner.lowerCaseWire();
  append(text, record.type, 2);
  append(text, CLASS_IN, 2);
  append(text, TTL, 4);
  append(text, record.data.size(), 2);
  text += record.data;
  data += sign(key, text);
  return {record.owner, TYPE_RRSIG, CLASS_IN, TTL, kj::mv(data)};
}

}  // namespace portreeve::resolver
