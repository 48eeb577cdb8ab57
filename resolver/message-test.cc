// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/message.h"

#include "resolver/message-samples.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

using Outcome = QueryReading::Outcome;

QueryReading read(const Sample& sample) {
  return readQuery(sample.message());
}

void checkRejected(const Sample& sample, uint16_t rcode) {
  auto reading = read(sample);
  CHECK(reading.outcome == Outcome::REJECT);
  CHECK(reading.rcode == rcode);
}

Name nameOf(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Name::parse(text));
}

Answer answerOf(const Sample& sample) {
  return KJ_ASSERT_NONNULL(readAnswer(sample.message()));
}

kj::Maybe<Name> decodeName(const Sample& sample, size_t at) {
  WireReader reader(sample.message(), at);
  return Name::decode(reader);
}

}  // namespace

TEST_CASE("a name keeps its case, compares without it and is shown in lower case") {
  auto name = nameOf("WwW.Example.ORG.");
  CHECK(name == nameOf("www.example.org"));
  CHECK(name.text() == "www.example.org");
  CHECK(name.wire() == "\3WwW\7Example\3ORG" + std::string(1, '\0'));
  CHECK(name.isWithin(nameOf("example.org")));
  CHECK(name.isWithin(name));
  CHECK(!nameOf("notexample.org").isWithin(nameOf("example.org")));
  CHECK(Name().text() == ".");
}

TEST_CASE("octets of a name that are no letters are escaped, so that its dots are what they seem") {
  Sample sample;
  sample.u8(4).bytes("a.b\\").u8(3).bytes(" \xff;").u8(0);
  CHECK(KJ_ASSERT_NONNULL(decodeName(sample, 0)).text() == "a\\.b\\\\.\\032\\255\\;");
}

TEST_CASE("a compressed name is followed backwards only, and never in a circle") {
  Sample sample;
  sample.name("example.org").u8(3).bytes("www").pointer(0);
  WireReader reader(sample.message(), 13);
  CHECK(KJ_ASSERT_NONNULL(Name::decode(reader)) == nameOf("www.example.org"));
  CHECK(reader.at() == sample.message().size());

  Sample itself, forwards, circle, within;
  itself.pointer(0);
  forwards.pointer(2).name("a");
  circle.u8(1).bytes("a").pointer(4).pointer(0);
  within.u8(1).bytes("a").pointer(0);
  for (auto* bad : {&itself, &forwards, &circle, &within}) CHECK(decodeName(*bad, 0) == nullptr);
}

TEST_CASE("a name that is too long, of a reserved kind or cut off is no name") {
  Sample tooLong;
  for (int i = 0; i < 5; i++) tooLong.u8(60).bytes(std::string(60, 'x'));
  Sample reserved, cut, noRoot;
  reserved.u8(0x41).bytes("a").u8(0);
  cut.u8(5).bytes("abc");
  noRoot.u8(1).bytes("a");
  for (auto* bad : {&tooLong, &reserved, &cut, &noRoot}) CHECK(decodeName(*bad, 0) == nullptr);
  CHECK(Name::parse("a..b") == nullptr);
  CHECK(Name::parse(kj::str(std::string(64, 'x').c_str(), ".org")) == nullptr);
}

TEST_CASE("an ordinary query is read with its EDNS") {
  Sample sample;
  sample.header(RECURSION_DESIRED | 0x10, {1, 0, 0, 1}).question("Www.Example.org", TYPE_AAAA);
  sample.opt(4096, 0x8000, std::string("\0\12\0\2ab", 6));
  auto reading = read(sample);
  REQUIRE(reading.outcome == Outcome::GOOD);
  auto& query = reading.query;
  CHECK(query.id == 0x1234);
  CHECK(query.recursionDesired);
  CHECK(query.checkingDisabled);
  auto& question = KJ_ASSERT_NONNULL(query.question);
  CHECK(question.name.text() == "www.example.org");
  CHECK(question.type == TYPE_AAAA);
  auto& edns = KJ_ASSERT_NONNULL(query.edns);
  CHECK(edns.udpSize == 4096);
  CHECK(edns.dnssecOk);
}

TEST_CASE("what is no query gets no answer") {
  Sample shortOne, response;
  shortOne.u32(0).u32(0).u16(0);
  response.header(0x8000, {1, 0, 0, 0}).question("a", TYPE_A);
  CHECK(read(shortOne).outcome == Outcome::IGNORE);
  CHECK(read(response).outcome == Outcome::IGNORE);
  CHECK(read(Sample()).outcome == Outcome::IGNORE);
}

TEST_CASE("malformed queries are answered FORMERR") {
  Sample none, two, cut, trailing, answers, twoOpts, optOwner, optionCut;
  none.header(0, {0, 0, 0, 0});
  two.header(0, {2, 0, 0, 0}).question("a", TYPE_A).question("b", TYPE_A);
  cut.header(0, {1, 0, 0, 0}).name("a").u16(1);
  trailing.header(0, {1, 0, 0, 0}).question("a", TYPE_A).u8(7);
  answers.header(0, {1, 1, 0, 0}).question("a", TYPE_A).pointer(12).afterOwner(TYPE_A, 1, "abcd");
  twoOpts.header(0, {1, 0, 0, 2}).question("a", TYPE_A).opt(512).opt(512);
  optOwner.header(0, {1, 0, 0, 1}).question("a", TYPE_A).pointer(12).afterOwner(TYPE_OPT, 0, "");
  optionCut.header(0, {1, 0, 0, 1}).question("a", TYPE_A).opt(512, 0, std::string("\0\12\0\2a", 5));
  for (auto* bad : {&none, &two, &cut, &trailing, &answers, &twoOpts, &optOwner, &optionCut})
    checkRejected(*bad, RCODE_FORMERR);
  checkRejected(simpleQuery("a", 0), RCODE_FORMERR);
  checkRejected(simpleQuery("a", TYPE_OPT), RCODE_FORMERR);
}

TEST_CASE("what is not offered is refused by its proper code") {
  Sample notify, chaos, version;
  notify.header(4 << 11, {1, 0, 0, 0}).question("a", TYPE_SOA);
  chaos.header(0, {1, 0, 0, 0}).question("version.bind", 16, 3);
  version.header(0, {1, 0, 0, 1}).question("a", TYPE_A).opt(512, 1 << 16);
  checkRejected(notify, RCODE_NOTIMP);
  checkRejected(chaos, RCODE_REFUSED);
  checkRejected(version, RCODE_BADVERS);
  checkRejected(simpleQuery("a", TYPE_AXFR), RCODE_REFUSED);
  checkRejected(simpleQuery("a", TYPE_IXFR), RCODE_REFUSED);
  checkRejected(simpleQuery("a", 249), RCODE_NOTIMP);
  CHECK(read(simpleQuery("a", TYPE_ANY)).outcome == Outcome::ANY);
  CHECK(read(simpleQuery("a", 65280)).outcome == Outcome::GOOD);
}

TEST_CASE("an answer is read with the names in its data uncompressed") {
  Sample sample;
  sample.header(RESPONSE, {1, 1, 0, 1}).question("example.org", TYPE_MX);
  sample.pointer(12).u16(TYPE_MX).u16(CLASS_IN).u32(60).u16(9).u16(10).u8(4).bytes("mail").pointer(
      12);
  sample.opt(512);
  auto answer = answerOf(sample);
  REQUIRE(answer.answer.size() == 1);
  CHECK(answer.additional.empty());
  CHECK(answer.answer[0].data ==
        std::string("\0\12", 2) + std::string(nameOf("mail.example.org").wire()));
}

TEST_CASE("a name that runs out of its record's data makes the answer malformed") {
  Sample sample;
  sample.header(RESPONSE, {1, 1, 0, 0}).question("example.org", TYPE_NS);
  sample.pointer(12).u16(TYPE_NS).u16(CLASS_IN).u32(60).u16(2).u8(4).bytes("mail").pointer(12);
  CHECK(readAnswer(sample.message()) == nullptr);
}

TEST_CASE("addresses are found along the chain of aliases, with the smallest TTL on the way") {
  Sample sample;
  sample.header(RESPONSE, {1, 4, 0, 0}).question("alias.test", TYPE_A);
  // In no helpful order, and with an address that is none of the question's.
  sample.name("stranger.test").afterOwner(TYPE_A, 5, "\xc0\0\2\x63");
  sample.name("www.test").afterOwner(TYPE_A, 300, std::string("\xc0\0\2\1", 4));
  sample.name("MID.test").afterOwner(TYPE_CNAME, 30, nameOf("www.test").wire());
  sample.pointer(12).afterOwner(TYPE_CNAME, 60, nameOf("mid.test").wire());
  auto result = given({nameOf("alias.test"), TYPE_A}, answerOf(sample));
  REQUIRE(result.chain.size() == 2);
  CHECK(result.chain[0].text() == "mid.test");
  CHECK(result.chain[1].text() == "www.test");
  REQUIRE(result.addresses.size() == 1);
  CHECK(result.addresses[0].toString() == "192.0.2.1");
  CHECK(result.ttl == 30);
}

TEST_CASE("aliases that lead in a circle end") {
  Sample sample;
  sample.header(RESPONSE, {1, 2, 0, 0}).question("a.test", TYPE_A);
  sample.name("a.test").afterOwner(TYPE_CNAME, 1, nameOf("b.test").wire());
  sample.name("b.test").afterOwner(TYPE_CNAME, 1, nameOf("a.test").wire());
  auto result = given({nameOf("a.test"), TYPE_A}, answerOf(sample));
  CHECK(result.chain.size() <= 32);
  CHECK(result.addresses.empty());
}

TEST_CASE("the address hints of an HTTPS record are addresses given") {
  Sample sample;
  std::string data("\0\1\0", 3);                             // priority 1, target "."
  data += std::string("\0\4\0\10\xc0\0\2\1\xc0\0\2\2", 12);  // ipv4hint
  data +=
      std::string("\0\6\0\20", 4) + std::string("\x20\1\x0d\xb8", 4) + std::string(11, '\0') + "\1";
  sample.header(RESPONSE, {1, 1, 0, 0}).question("svc.test", TYPE_HTTPS);
  sample.pointer(12).afterOwner(TYPE_HTTPS, 60, data);
  auto result = given({nameOf("svc.test"), TYPE_HTTPS}, answerOf(sample));
  REQUIRE(result.addresses.size() == 3);
  CHECK(result.addresses[1].toString() == "192.0.2.2");
  CHECK(result.addresses[2].toString() == "2001:db8::1");
}

}  // namespace portreeve::resolver
