// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/proc-net.h"

#include "attributor/fake-reader.h"

#include <doctest/doctest.h>
#include <errno.h>

#include <vector>

namespace portreeve::attributor {
namespace {

constexpr kj::StringPtr ICMP_TABLE =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops\n"
    "  143: 00000000:8FBF 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 "
    "96157 2 0000000000000000 0\n"
    "  144: 010200C0:0007 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "96158 2 0000000000000000 0\n"_kj;

constexpr kj::StringPtr RAW6_TABLE =
    "  sl  local_address                         remote_address                        st "
    "tx_queue\n"
    "   58: 00000000000000000000000000000000:003A 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 00:00000000 00000000     0        0 77 2 0000000000000000 0\n"
    "   58: 00000000000000000000000000000000:003A 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 00:00000000 00000000   100        0 78 2 0000000000000000 0\n"_kj;

Tuple ping(uint16_t identifier) {
  Tuple tuple;
  tuple.protocol = PROTOCOL_ICMP;
  tuple.source = KJ_ASSERT_NONNULL(Address::parse("192.0.2.1"));
  tuple.destination = KJ_ASSERT_NONNULL(Address::parse("198.51.100.2"));
  tuple.sourcePort = identifier;
  tuple.destinationPort = 8 << 8;
  return tuple;
}

TEST_CASE("lines of the tables are read, headings are not") {
  auto sockets = readProcNet(ICMP_TABLE);
  REQUIRE(sockets.size() == 2);
  CHECK(sockets[0].localPort == 0x8fbf);
  CHECK(sockets[0].uid == 1000);
  CHECK(sockets[0].inode == 96157);
  CHECK(sockets[0].local.isUnspecified());
  CHECK(sockets[1].local.toString() == "192.0.2.1");
  auto six = readProcNet(RAW6_TABLE);
  REQUIRE(six.size() == 2);
  CHECK(six[0].localPort == 58);
  CHECK(six[1].inode == 78);
}

TEST_CASE("a table that is cut anywhere gives whole lines alone") {
  for (size_t length = 0; length <= ICMP_TABLE.size(); length++)
    CHECK(readProcNet(ICMP_TABLE.slice(0, length)).size() <= 2);
  CHECK(readProcNet("1: zz 2 3\n\n   \n1: 0:0 0:0 7 8 9 10 11 12 13\n"_kj).size() == 0);
}

TEST_CASE("a ping belongs to the socket of its identifier and address") {
  auto sockets = readProcNet(ICMP_TABLE);
  auto choose = [&](uint16_t identifier, kj::Maybe<uint32_t> uid) {
    return chooseSocket(sockets, ProcNetTable::ICMP, ping(identifier), uid);
  };
  auto found = KJ_ASSERT_NONNULL(choose(0x8fbf, 1000u));
  CHECK(found.inode == 96157);
  CHECK(found.only);
  CHECK(choose(0x8fbf, 999u) == nullptr);
  CHECK(KJ_ASSERT_NONNULL(choose(7, nullptr)).inode == 96158);
  CHECK(choose(8, nullptr) == nullptr);
  auto elsewhere = ping(7);
  elsewhere.source = KJ_ASSERT_NONNULL(Address::parse("192.0.2.9"));
  CHECK(chooseSocket(sockets, ProcNetTable::ICMP, elsewhere, nullptr) == nullptr);
}

TEST_CASE(
    "of several raw sockets the sender's uid decides, else it is said that there are several") {
  auto sockets = readProcNet(RAW6_TABLE);
  Tuple tuple;
  tuple.family = proto::Family::IPV6;
  tuple.protocol = PROTOCOL_ICMPV6;
  auto anybody = KJ_ASSERT_NONNULL(chooseSocket(sockets, ProcNetTable::RAW6, tuple, nullptr));
  CHECK_FALSE(anybody.only);
  auto his = KJ_ASSERT_NONNULL(chooseSocket(sockets, ProcNetTable::RAW6, tuple, 100u));
  CHECK(his.only);
  CHECK(his.inode == 78);
  tuple.protocol = 89;
  CHECK(chooseSocket(sockets, ProcNetTable::RAW6, tuple, nullptr) == nullptr);
}

TEST_CASE("each protocol has its tables, those of dual-stack sockets among them") {
  using Table = ProcNetTable;
  auto tables = [](uint8_t protocol, proto::Family family) {
    Tuple tuple;
    tuple.protocol = protocol;
    tuple.family = family;
    auto found = tablesFor(tuple);
    return std::vector<Table>(found.begin(), found.end());
  };
  auto v4 = proto::Family::IPV4, v6 = proto::Family::IPV6;
  CHECK(tables(PROTOCOL_ICMP, v4) == std::vector{Table::ICMP, Table::RAW});
  CHECK(tables(PROTOCOL_ICMPV6, v6) == std::vector{Table::ICMP6, Table::RAW6});
  CHECK(tables(89, v4) == std::vector{Table::RAW});
  CHECK(tables(89, v6) == std::vector{Table::RAW6});
  CHECK(tables(PROTOCOL_TCP, v4) == std::vector{Table::TCP, Table::TCP6});
  CHECK(tables(PROTOCOL_TCP, v6) == std::vector{Table::TCP6});
  CHECK(tables(PROTOCOL_UDP, v4) == std::vector{Table::UDP, Table::UDP6});
  CHECK(tables(PROTOCOL_UDPLITE, v4) == std::vector{Table::UDPLITE, Table::UDPLITE6});
  CHECK(tables(PROTOCOL_UDPLITE, v6) == std::vector{Table::UDPLITE6});
}

struct Tables {
  FakeReader reader;
  ProcNet procNet{reader.link, reader.timer};
  std::vector<size_t> sizes;  // of the tables that came; 99: none
  kj::StringPtr why;

  Tables() { reader.connect(); }
  void read(Urgency urgency) {
    procNet.read(ProcNetTable::ICMP, urgency, [this](ProcNet::Sockets list, kj::StringPtr whyNone) {
      sizes.push_back(list == nullptr ? 99 : list->size());
      why = whyNone;
    });
  }
  bool asked() {
    KJ_IF_MAYBE (question, reader.next()) {
      CHECK(question->kind == FakeReader::Kind::PROC_NET);
      CHECK(question->table == 0);
      return true;
    }
    return false;
  }
  void answer() {
    reader.answer([](proto::reader::Answer::Builder a) { a.setTable(ICMP_TABLE.asBytes()); });
  }
};

TEST_CASE("for what leaves, the table is read anew") {
  Tables tables;
  tables.read(Urgency::OUTGOING);
  tables.read(Urgency::OUTGOING);
  CHECK(tables.asked());
  CHECK(tables.asked());
  tables.answer();
  tables.answer();
  CHECK(tables.sizes == std::vector<size_t>{2, 2});
}

TEST_CASE("for what arrives, one table serves many packets for a moment") {
  Tables tables;
  for (int i = 0; i < 3; i++) tables.read(Urgency::INCOMING);
  CHECK(tables.asked());
  CHECK_FALSE(tables.asked());
  tables.answer();
  CHECK(tables.sizes == std::vector<size_t>{2, 2, 2});
  tables.read(Urgency::INCOMING);
  CHECK(tables.sizes.size() == 4);
  tables.reader.advance(60 * kj::MILLISECONDS);
  tables.read(Urgency::INCOMING);
  CHECK(tables.asked());
}

TEST_CASE("a table that is not there is said so") {
  Tables tables;
  tables.read(Urgency::INCOMING);
  CHECK(tables.asked());
  tables.reader.answerError(ENOENT);
  CHECK(tables.sizes == std::vector<size_t>{99});
  CHECK(tables.why == "the kernel has no such table");
}

}  // namespace
}  // namespace portreeve::attributor
