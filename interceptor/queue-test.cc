// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/queue.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <endian.h>
#include <kj/debug.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <sys/socket.h>

namespace portreeve::interceptor {
namespace {

struct Message {
  alignas(8) char buffer[1024]{};
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);

  Message() {
    header->nlmsg_type = netfilterType(NFNL_SUBSYS_QUEUE, NFQNL_MSG_PACKET);
    putNetfilterHeader(header, AF_INET, 17040);
  }
  void putPacketHeader(uint32_t id) {
    nfqnl_msg_packet_hdr packet{};
    packet.packet_id = htonl(id);
    mnl_attr_put(header, NFQA_PACKET_HDR, sizeof packet, &packet);
  }
};

const kj::byte BYTES[] = {0x45, 0, 0, 3};

TEST_CASE("a packet's facts are read in network byte order") {
  Message message;
  message.putPacketHeader(70'000);
  mnl_attr_put_u32(message.header, NFQA_MARK, htonl(51820));
  mnl_attr_put_u32(message.header, NFQA_IFINDEX_INDEV, htonl(2));
  mnl_attr_put_u32(message.header, NFQA_IFINDEX_OUTDEV, htonl(3));
  mnl_attr_put_u32(message.header, NFQA_UID, htonl(1000));
  mnl_attr_put_u32(message.header, NFQA_CAP_LEN, htonl(1500));
  mnl_attr_put(message.header, NFQA_PAYLOAD, sizeof BYTES, BYTES);
  kj::ArrayPtr<const kj::byte> start;
  auto facts = KJ_ASSERT_NONNULL(decodePacket(message.header, start));
  CHECK(facts.kernelId == 70'000);
  CHECK(facts.mark == 51820);
  CHECK(facts.inInterface == 2);
  CHECK(facts.outInterface == 3);
  CHECK(facts.uid == 1000);
  CHECK(facts.length == 1500);
  REQUIRE(start.size() == sizeof BYTES);
  CHECK(start[3] == 3);
}

TEST_CASE("the kernel's time stamp is told in nanoseconds, a short one not at all") {
  Message message;
  message.putPacketHeader(1);
  nfqnl_msg_packet_timestamp stamp{htobe64(1'700'000'000), htobe64(250)};
  mnl_attr_put(message.header, NFQA_TIMESTAMP, sizeof stamp, &stamp);
  kj::ArrayPtr<const kj::byte> start;
  CHECK(KJ_ASSERT_NONNULL(decodePacket(message.header, start)).stamped ==
        1'700'000'000'000'250'000u);
  Message tooShort;
  tooShort.putPacketHeader(1);
  mnl_attr_put_u32(tooShort.header, NFQA_TIMESTAMP, 1);
  CHECK(KJ_ASSERT_NONNULL(decodePacket(tooShort.header, start)).stamped == 0);
}

TEST_CASE("the last digit of a queue's number counts its instances, outgoing ones come first") {
  auto one = queueNumbers(1);
  CHECK(kj::str(kj::delimited(one, " ")) == "17040 17060 17140 17160");
  auto two = queueNumbers(2);
  CHECK(kj::str(kj::delimited(two, " ")) == "17040 17041 17060 17061 17140 17141 17160 17161");
}

TEST_CASE("what the kernel does not say has its own value") {
  Message message;
  message.putPacketHeader(1);
  mnl_attr_put(message.header, NFQA_PAYLOAD, sizeof BYTES, BYTES);
  kj::ArrayPtr<const kj::byte> start;
  auto facts = KJ_ASSERT_NONNULL(decodePacket(message.header, start));
  CHECK(facts.uid == 4294967295u);
  CHECK(facts.mark == 0);
  CHECK(facts.inInterface == 0);
  CHECK(facts.length == sizeof BYTES);
}

TEST_CASE("a message without a packet header, or of another kind, is no packet") {
  kj::ArrayPtr<const kj::byte> start;
  Message bare;
  CHECK(decodePacket(bare.header, start) == nullptr);
  Message tooShort;
  mnl_attr_put_u32(tooShort.header, NFQA_PACKET_HDR, 1);
  CHECK(decodePacket(tooShort.header, start) == nullptr);
  Message other;
  other.putPacketHeader(1);
  other.header->nlmsg_type = netfilterType(NFNL_SUBSYS_CTNETLINK, NFQNL_MSG_PACKET);
  CHECK(decodePacket(other.header, start) == nullptr);
}

TEST_CASE("an attribute that claims more than is there ends the reading") {
  Message message;
  message.putPacketHeader(5);
  mnl_attr_put_u32(message.header, NFQA_MARK, htonl(7));
  auto last =
      reinterpret_cast<nlattr*>(static_cast<char*>(mnl_nlmsg_get_payload_tail(message.header)) - 8);
  last->nla_len = 4000;
  kj::ArrayPtr<const kj::byte> start;
  auto facts = KJ_ASSERT_NONNULL(decodePacket(message.header, start));
  CHECK(facts.kernelId == 5);
  CHECK(facts.mark == 0);
}

}  // namespace
}  // namespace portreeve::interceptor
