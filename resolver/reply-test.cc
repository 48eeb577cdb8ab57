// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/reply.h"

#include "resolver/local-names.h"
#include "resolver/message-samples.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr uint16_t TRUNCATED = 0x0200;

Query queryFor(kj::StringPtr name, uint16_t type, kj::Maybe<Edns> edns = nullptr) {
  Query query;
  query.id = 0x1234;
  query.recursionDesired = true;
  query.question = Question{KJ_ASSERT_NONNULL(Name::parse(name)), type};
  query.edns = edns;
  return query;
}

Record record(kj::StringPtr owner, uint16_t type, std::string data) {
  return {KJ_ASSERT_NONNULL(Name::parse(owner)), type, CLASS_IN, 60, kj::mv(data)};
}

uint16_t u16At(kj::ArrayPtr<const kj::byte> message, size_t at) {
  return uint16_t(message[at] << 8 | message[at + 1]);
}

bool holds(kj::ArrayPtr<const kj::byte> message, std::string_view part) {
  return std::string_view(message.asChars().begin(), message.size()).find(part) !=
         std::string_view::npos;
}

Answer addresses(size_t count) {
  Answer answer;
  for (size_t i = 0; i < count; i++)
    answer.answer.push_back(record("www.example.org", TYPE_AAAA, std::string(16, char(i))));
  return answer;
}

}  // namespace

TEST_CASE("a reply repeats id, flags and question to the letter, and compresses names") {
  auto reply = writeReply(
      queryFor("WWW.example.org", TYPE_A),
      [] {
        Answer answer;
        answer.answer.push_back(record("www.example.org", TYPE_A, "abcd"));
        return answer;
      }(),
      nullptr, PLAIN_UDP_LIMIT);
  Sample expected;
  expected.header(0x8180, {1, 1, 0, 0}).question("WWW.example.org", TYPE_A);
  expected.pointer(12).afterOwner(TYPE_A, 60, "abcd");
  CHECK(reply.asPtr() == expected.message());
}

TEST_CASE("what was written can be read again") {
  Answer answer;
  auto target = std::string(KJ_ASSERT_NONNULL(Name::parse("mail.example.org")).wire());
  answer.answer.push_back(record("example.org", TYPE_MX, std::string("\0\12", 2) + target));
  answer.authority.push_back(
      record("example.org", TYPE_SOA, target + target + std::string(20, 'x')));
  answer.additional.push_back(record("mail.example.org", TYPE_A, "abcd"));
  auto reply = writeReply(queryFor("example.org", TYPE_MX), answer, nullptr, PLAIN_UDP_LIMIT);
  auto again = KJ_ASSERT_NONNULL(readAnswer(reply));
  REQUIRE(again.answer.size() == 1);
  REQUIRE(again.authority.size() == 1);
  REQUIRE(again.additional.size() == 1);
  CHECK(again.answer[0].data == answer.answer[0].data);
  CHECK(again.authority[0].data == answer.authority[0].data);
  CHECK(again.additional[0].owner == answer.additional[0].owner);
}

TEST_CASE("an answer that does not fit is empty and truncated; over TCP it is whole") {
  auto query = queryFor("www.example.org", TYPE_AAAA);
  CHECK(udpLimit(query) == 512);
  auto cut = writeReply(query, addresses(30), nullptr, udpLimit(query));
  CHECK((u16At(cut, 2) & TRUNCATED) != 0);
  CHECK(u16At(cut, 6) == 0);
  CHECK(cut.size() == 12 + 17 + 4);
  auto whole = writeReply(query, addresses(30), nullptr, TCP_LIMIT);
  CHECK((u16At(whole, 2) & TRUNCATED) == 0);
  CHECK(u16At(whole, 6) == 30);
}

TEST_CASE("additional records that do not fit are left out without truncation") {
  auto answer = addresses(1);
  answer.additional = addresses(30).answer;
  auto reply = writeReply(queryFor("www.example.org", TYPE_AAAA), answer, nullptr, 512);
  CHECK((u16At(reply, 2) & TRUNCATED) == 0);
  CHECK(u16At(reply, 6) == 1);
  CHECK(u16At(reply, 10) > 0);
  CHECK(reply.size() <= 512);
  CHECK(readAnswer(reply) != nullptr);
}

TEST_CASE("a client's EDNS size counts between 512 and 1232") {
  auto limitFor = [](uint16_t size) { return udpLimit(queryFor("a", TYPE_A, Edns{size})); };
  CHECK(limitFor(0) == 512);
  CHECK(limitFor(800) == 800);
  CHECK(limitFor(4096) == 1232);
  for (uint16_t size : {512, 700, 1232}) {
    auto query = queryFor("www.example.org", TYPE_AAAA, Edns{size});
    for (size_t count = 0; count < 60; count++)
      CHECK(writeReply(query, addresses(count), nullptr, udpLimit(query)).size() <= size);
  }
}

TEST_CASE("an extended error goes to clients with EDNS alone") {
  ExtendedError error{ExtendedError::BLOCKED, kj::str("refused by rule \"no\"")};
  Answer answer;
  answer.rcode = RCODE_NXDOMAIN;
  auto plain = writeReply(queryFor("a", TYPE_A), answer, error, 512);
  CHECK(!holds(plain, "refused"));
  CHECK((u16At(plain, 2) & 0xf) == RCODE_NXDOMAIN);
  auto extended = writeReply(queryFor("a", TYPE_A, Edns{}), answer, error, 512);
  CHECK(holds(extended, std::string("\0\17\0\26\0\17refused by rule \"no\"", 26)));
  CHECK(readAnswer(extended) != nullptr);
}

TEST_CASE("a long extended error is cut between characters") {
  std::string text(199, 'x');
  text += "\xc3\xbc and more";
  ExtendedError error{ExtendedError::BLOCKED, kj::heapString(text.data(), text.size())};
  auto reply = writeReply(queryFor("a", TYPE_A, Edns{}), Answer(), error, 512);
  CHECK(reply.size() == 12 + 3 + 4 + 11 + 6 + 199);
}

TEST_CASE("an extended code stands half in the header, half in the OPT record") {
  Answer answer;
  answer.rcode = RCODE_BADVERS;
  auto reply = writeReply(queryFor("a", TYPE_A, Edns{}), answer, nullptr, 512);
  CHECK((u16At(reply, 2) & 0xf) == 0);
  CHECK(reply[reply.size() - 6] == 1);
}

TEST_CASE("signatures go only to those who ask for them") {
  Answer answer = addresses(1);
  answer.answer.push_back(record("www.example.org", TYPE_RRSIG, std::string(30, 's')));
  auto countFor = [&](uint16_t type, kj::Maybe<Edns> edns) {
    return u16At(writeReply(queryFor("www.example.org", type, edns), answer, nullptr, 512), 6);
  };
  CHECK(countFor(TYPE_AAAA, nullptr) == 1);
  CHECK(countFor(TYPE_AAAA, Edns{}) == 1);
  CHECK(countFor(TYPE_AAAA, Edns{1232, 0, true}) == 2);
  CHECK(countFor(TYPE_RRSIG, nullptr) == 2);
}

TEST_CASE("a query without a readable question is answered without one") {
  Query query;
  query.opcode = 4;
  Answer answer;
  answer.rcode = RCODE_NOTIMP;
  auto reply = writeReply(query, answer, nullptr, 512);
  CHECK(reply.size() == 12);
  CHECK(u16At(reply, 2) == (0x8080 | 4 << 11 | RCODE_NOTIMP));
}

TEST_CASE("localhost and what is below it are the loopback addresses and nothing else") {
  auto ask = [](kj::StringPtr name, uint16_t type) {
    return LocalNames().answer({KJ_ASSERT_NONNULL(Name::parse(name)), type});
  };
  CHECK(KJ_ASSERT_NONNULL(ask("LocalHost", TYPE_A)).answer[0].data == std::string("\177\0\0\1", 4));
  CHECK(KJ_ASSERT_NONNULL(ask("a.b.localhost", TYPE_AAAA)).answer[0].data ==
        std::string(15, '\0') + "\1");
  CHECK(KJ_ASSERT_NONNULL(ask("localhost", TYPE_MX)).answer.empty());
  CHECK(ask("localhost.example.org", TYPE_A) == nullptr);
  CHECK(ask("notlocalhost", TYPE_A) == nullptr);
}

}  // namespace portreeve::resolver
