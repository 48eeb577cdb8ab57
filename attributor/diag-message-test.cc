// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/diag-message.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <errno.h>
#include <kj/debug.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include <vector>

namespace portreeve::attributor {
namespace {

Tuple tuple(uint8_t protocol, kj::StringPtr from, uint16_t fromPort, kj::StringPtr to,
            uint16_t toPort) {
  Tuple tuple;
  tuple.protocol = protocol;
  tuple.source = KJ_ASSERT_NONNULL(Address::parse(from));
  tuple.destination = KJ_ASSERT_NONNULL(Address::parse(to));
  tuple.sourcePort = fromPort;
  tuple.destinationPort = toPort;
  tuple.family = tuple.source.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  return tuple;
}

std::vector<DiagAnswer> read(kj::ArrayPtr<const kj::byte> bytes, uint8_t protocol = 6);
std::vector<DiagAnswer> read(const std::vector<kj::byte>& bytes) {
  return read(kj::arrayPtr(bytes.data(), bytes.size()));
}
std::vector<DiagAnswer> read(kj::ArrayPtr<const kj::byte> bytes, uint8_t protocol) {
  std::vector<DiagAnswer> answers;
  readAnswers(bytes, protocol, [&](const DiagAnswer& answer) { answers.push_back(answer); });
  return answers;
}

struct Reply {
  // As the kernel sends it: a socket with one attribute.
  nlmsghdr header{};
  inet_diag_msg message{};
  rtattr attribute{};
  uint64_t cgroup = 4711;

  Reply() {
    header.nlmsg_len = sizeof header + sizeof message + RTA_LENGTH(sizeof cgroup);
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header.nlmsg_seq = 5;
    message.idiag_family = AF_INET;
    message.idiag_state = STATE_ESTABLISHED;
    message.idiag_uid = 1000;
    message.idiag_inode = 4242;
    message.id.idiag_sport = htons(40000);
    message.id.idiag_dport = htons(443);
    message.id.idiag_if = 3;
    message.id.idiag_cookie[0] = 0x11;
    message.id.idiag_cookie[1] = 0x22;
    inet_pton(AF_INET, "192.0.2.1", message.id.idiag_src);
    inet_pton(AF_INET, "198.51.100.2", message.id.idiag_dst);
    attribute.rta_len = RTA_LENGTH(sizeof cgroup);
    attribute.rta_type = INET_DIAG_CGROUP_ID;
  }
  std::vector<kj::byte> bytes() const {
    std::vector<kj::byte> all;
    auto add = [&](const auto& part) {
      auto from = reinterpret_cast<const kj::byte*>(&part);
      all.insert(all.end(), from, from + sizeof part);
    };
    add(header);
    add(message);
    add(attribute);
    add(cgroup);
    return all;
  }
};

TEST_CASE("a TCP socket is asked for as its owner sees it") {
  auto asked = exactQuestion(tuple(6, "192.0.2.1", 40000, "198.51.100.2", 443), 3, 9);
  CHECK(asked.header.nlmsg_len == sizeof(nlmsghdr) + sizeof(inet_diag_req_v2));
  CHECK(asked.header.nlmsg_type == SOCK_DIAG_BY_FAMILY);
  CHECK(asked.header.nlmsg_flags == NLM_F_REQUEST);
  CHECK(asked.header.nlmsg_seq == 9);
  CHECK(asked.request.sdiag_family == AF_INET);
  CHECK(asked.request.sdiag_protocol == 6);
  CHECK(asked.request.idiag_states == ~0u);
  CHECK(asked.request.id.idiag_if == 3);
  CHECK(asked.request.id.idiag_cookie[0] == INET_DIAG_NOCOOKIE);
  CHECK(ntohs(asked.request.id.idiag_sport) == 40000);
  CHECK(ntohs(asked.request.id.idiag_dport) == 443);
  in_addr expected;
  inet_pton(AF_INET, "192.0.2.1", &expected);
  CHECK(memcmp(asked.request.id.idiag_src, &expected, 4) == 0);
}

TEST_CASE("a UDP socket is asked for as a packet that arrives: the other way round") {
  for (uint8_t protocol : {17, 136}) {
    auto asked = exactQuestion(tuple(protocol, "2001:db8::1", 5000, "2001:db8::2", 53), 0, 1);
    CHECK(asked.request.sdiag_family == AF_INET6);
    CHECK(ntohs(asked.request.id.idiag_sport) == 53);
    CHECK(ntohs(asked.request.id.idiag_dport) == 5000);
    in6_addr expected;
    inet_pton(AF_INET6, "2001:db8::2", &expected);
    CHECK(memcmp(asked.request.id.idiag_src, &expected, 16) == 0);
  }
}

TEST_CASE("a list is asked for by states and port") {
  auto asked = dumpQuestion(proto::Family::IPV6, 6, 1u << STATE_LISTEN, 22, 4);
  CHECK(asked.header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_DUMP));
  CHECK(asked.request.idiag_states == 1u << 10);
  CHECK(ntohs(asked.request.id.idiag_sport) == 22);
}

TEST_CASE("a socket is read with its owner's end first") {
  auto answers = read(Reply().bytes());
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].kind == DiagAnswer::Kind::SOCKET);
  CHECK(answers[0].sequence == 5);
  auto& socket = answers[0].socket;
  CHECK(socket.cookie == 0x0000002200000011ull);
  CHECK(socket.inode == 4242);
  CHECK(socket.uid == 1000);
  CHECK(socket.state == STATE_ESTABLISHED);
  CHECK(socket.cgroup == 4711);
  CHECK(socket.tuple.toString() == "tcp 192.0.2.1:40000 -> 198.51.100.2:443");
}

TEST_CASE("an IPv6 socket with a mapped peer talks IPv4") {
  Reply reply;
  reply.message.idiag_family = AF_INET6;
  inet_pton(AF_INET6, "::ffff:192.0.2.1", reply.message.id.idiag_src);
  inet_pton(AF_INET6, "::ffff:198.51.100.2", reply.message.id.idiag_dst);
  auto answers = read(reply.bytes());
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].socket.tuple.family == proto::Family::IPV4);
  CHECK(answers[0].socket.tuple.toString() == "tcp 192.0.2.1:40000 -> 198.51.100.2:443");
}

TEST_CASE("errors and the end of a list are told apart") {
  struct {
    nlmsghdr header;
    nlmsgerr error;
  } error{};
  error.header.nlmsg_len = sizeof error;
  error.header.nlmsg_type = NLMSG_ERROR;
  error.error.error = -ENOENT;
  auto answers = read(kj::arrayPtr(&error, 1).asBytes());
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].kind == DiagAnswer::Kind::ERROR);
  CHECK(answers[0].error == ENOENT);

  nlmsghdr done{};
  done.nlmsg_len = sizeof done;
  done.nlmsg_type = NLMSG_DONE;
  answers = read(kj::arrayPtr(&done, 1).asBytes());
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].kind == DiagAnswer::Kind::DONE);
}

TEST_CASE("several sockets in one datagram are all read") {
  auto one = Reply().bytes();
  auto three = one;
  for (int i = 0; i < 2; i++) three.insert(three.end(), one.begin(), one.end());
  CHECK(read(three).size() == 3);
}

TEST_CASE("a message that is cut anywhere is left out") {
  auto whole = Reply().bytes();
  for (size_t length = 0; length < whole.size(); length++) {
    auto cut = kj::heapArray<kj::byte>(whole.data(), length);
    CHECK(read(cut).empty());
  }
}

TEST_CASE("nothing is read behind a datagram whose last message lacks its padding") {
  auto bytes = Reply().bytes();
  Reply odd;
  odd.header.nlmsg_len = uint32_t(bytes.size()) + 1;
  bytes = odd.bytes();
  size_t datagram = bytes.size() + 1;
  bytes.resize(bytes.size() + NLMSG_ALIGNTO);
  auto behind = Reply().bytes();
  bytes.insert(bytes.end(), behind.begin(), behind.end());
  CHECK(read(kj::arrayPtr(bytes.data(), datagram)).size() == 1);
}

TEST_CASE("a socket of another family, or one shorter than it says, is none") {
  Reply unix;
  unix.message.idiag_family = AF_UNIX;
  CHECK(read(unix.bytes()).at(0).kind == DiagAnswer::Kind::OTHER);
  Reply brief;
  brief.header.nlmsg_len = sizeof(nlmsghdr) + 8;
  CHECK(read(brief.bytes()).at(0).kind == DiagAnswer::Kind::OTHER);
  Reply odd;
  odd.attribute.rta_len = 2;  // shorter than its own header
  CHECK(read(odd.bytes()).at(0).socket.cgroup == 0);
}

}  // namespace
}  // namespace portreeve::attributor
