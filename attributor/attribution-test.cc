// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/attribution.h"

#include "attributor/fake-noted-owners.h"
#include "attributor/fake-reader.h"
#include "attributor/packet-samples.h"

#include <doctest/doctest.h>
#include <errno.h>
#include <net/if.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace portreeve::attributor {
namespace {

using Kind = FakeReader::Kind;
using proto::Confidence;
using proto::Method;
using proto::ProcessKind;

class FakeSockets final : public SocketSearch {
public:
  std::unordered_map<std::string, DiagSocket> byTuple;  // by the text of localToRemote
  std::vector<std::string> asked;
  bool known = true;

  kj::Maybe<DiagSocket> find(const Tuple& localToRemote, uint32_t) override {
    std::string key = localToRemote.toString().cStr();
    asked.push_back(key);
    auto found = byTuple.find(key);
    if (found == byTuple.end()) return nullptr;
    return found->second;
  }
  kj::Maybe<DiagSocket> findOnPort(const Tuple&) override { return nullptr; }
  bool knows(uint8_t) const override { return known; }

  DiagSocket& add(const std::string& key, uint64_t inode, uint8_t state = STATE_ESTABLISHED) {
    auto& socket = byTuple[key];
    socket.inode = inode;
    socket.cookie = inode + 1000;
    socket.state = state;
    socket.uid = 1000;
    socket.tuple.destinationPort = 443;
    return socket;
  }
};

constexpr auto CLIENT = "tcp 192.0.2.1:40000 -> 198.51.100.2:443";
constexpr auto SERVER = "tcp 198.51.100.2:443 -> 192.0.2.1:40000";
constexpr auto LISTENER = "tcp 198.51.100.2:443 -> 0.0.0.0:0";
constexpr auto UDP_CLIENT = "udp 192.0.2.1:40000 -> 198.51.100.2:443";

struct Road {
  FakeReader reader;
  FakeNotedOwners noted;
  FakeExaminer examiner;
  ProcessCache processes{reader.link, reader.timer, noted, examiner};
  ProcNet procNet{reader.link, reader.timer};
  Interfaces interfaces;
  FakeSockets sockets;
  std::vector<AttributedFlow> flows;
  Attribution attribution{
      sockets,    processes, procNet,
      interfaces, noted,     [this](AttributedFlow&& flow) { flows.push_back(kj::mv(flow)); }};

  Road() { reader.connect(); }

  static ArrivedPacket out(const Octets& packet, uint32_t uid = 1000) {
    ArrivedPacket arrived;
    arrived.uid = uid;
    arrived.outInterface = 4000000;  // none of this host's
    arrived.header = readSample(packet, proto::Family::IPV4);
    return arrived;
  }
  static ArrivedPacket in(const Octets& packet) {
    auto arrived = out(packet, NO_UID);
    arrived.hook = proto::Hook::INPUT;
    std::swap(arrived.inInterface, arrived.outInterface);
    return arrived;
  }
  static ArrivedPacket loopback(const Octets& packet, uint32_t uid = 1000) {
    auto arrived = out(packet, uid);
    arrived.outInterface = if_nametoindex("lo");
    return arrived;
  }

  bool expect(Kind kind, uint64_t inode = 0) {
    KJ_IF_MAYBE (asked, reader.next()) {
      CHECK(asked->kind == kind);
      if (inode != 0) CHECK(asked->inode == inode);
      return true;
    }
    return false;
  }
  void answer(uint64_t inode, const FakeProcess& process, bool describe = true) {
    REQUIRE(expect(Kind::OWNER, inode));
    reader.answer([&](proto::reader::Answer::Builder a) { process.owner(a); });
    if (!describe) return;
    REQUIRE(expect(Kind::DESCRIBE));
    reader.answer([&](proto::reader::Answer::Builder a) { process.describe(a); });
  }
  AttributedFlow& only() {
    REQUIRE(flows.size() == 1);
    return flows[0];
  }
};

TEST_CASE("who sends is found by the packet's own tuple") {
  Road road;
  road.sockets.add(CLIENT, 71);
  road.attribution.attribute(Road::out(ipv4(6, tcp(40000, 443, 2))));
  CHECK(road.flows.empty());
  road.answer(71, FakeProcess());
  auto& process = road.only().process;
  CHECK(process.kind == ProcessKind::PROGRAM);
  CHECK(process.method == Method::SOCK_DIAG);
  CHECK(process.confidence == Confidence::CERTAIN);
  CHECK(process.uid == 1000);
  CHECK(process.socketInode == 71);
  CHECK(process.facts->path == "/usr/bin/curl");
  CHECK(road.only().peer == nullptr);
  CHECK_FALSE(road.only().loopback);
}

TEST_CASE("who receives is found by the tuple turned round, the listener included") {
  Road road;
  auto& listener = road.sockets.add(SERVER, 80, STATE_LISTEN);
  listener.uid = 33;
  road.attribution.attribute(Road::in(ipv4(6, tcp(40000, 443, 2))));
  road.answer(80, FakeProcess());
  auto& process = road.only().process;
  CHECK(process.method == Method::LISTENER);
  CHECK(process.uid == 33);
}

TEST_CASE("where nobody listens there is no socket, and nobody is asked") {
  Road road;
  road.attribution.attribute(Road::in(ipv4(6, tcp(40000, 443, 2))));
  CHECK(road.only().process.kind == ProcessKind::NO_SOCKET);
  CHECK_FALSE(road.expect(Kind::OWNER));
}

TEST_CASE("a packet whose holder must be asked for lets the next one pass") {
  Road road;
  road.sockets.add(CLIENT, 71);
  road.attribution.attribute(Road::out(ipv4(6, tcp(40000, 443, 2))));
  road.attribution.attribute(Road::in(ipv4(6, tcp(1, 2, 2))));
  CHECK(road.flows.size() == 1);
  road.answer(71, FakeProcess());
  CHECK(road.flows.size() == 2);
}

TEST_CASE("over loopback both ends are named, and the flow waits for both") {
  Road road;
  road.sockets.add(CLIENT, 71);
  road.sockets.add(SERVER, 80, STATE_LISTEN).uid = 33;
  FakeProcess client, server;
  server.pid = 200;
  server.exe = "/usr/sbin/nginx";
  server.inode = server.hostInode = 600;
  road.attribution.attribute(Road::loopback(ipv4(6, tcp(40000, 443, 2))));
  REQUIRE(road.expect(Kind::OWNER, 71));
  REQUIRE(road.expect(Kind::OWNER, 80));
  road.reader.answer([&](proto::reader::Answer::Builder a) { client.owner(a); });
  road.reader.answer([&](proto::reader::Answer::Builder a) { server.owner(a); });
  road.reader.answer([&](proto::reader::Answer::Builder a) { client.describe(a); });
  CHECK(road.flows.empty());
  road.reader.answer([&](proto::reader::Answer::Builder a) { server.describe(a); });
  CHECK(road.only().loopback);
  CHECK(road.only().process.facts->path == "/usr/bin/curl");
  auto& peer = KJ_ASSERT_NONNULL(road.only().peer);
  CHECK(peer.facts->path == "/usr/sbin/nginx");
  CHECK(peer.method == Method::LISTENER);
  CHECK(peer.uid == 33);
}

TEST_CASE("what no socket has sent, the kernel has, and says what") {
  struct Row {
    Octets packet;
    kj::StringPtr name;
  };
  const Row rows[] = {
      {ipv4(6, tcp(1, 2, 4)), "tcp reset"},   {ipv4(1, icmp(0, 0, 1)), "icmp answer"},
      {ipv4(1, icmp(3, 3, 0)), "icmp error"}, {ipv4(2, Octets(8, 0)), "multicast membership"},
      {ipv4(47, Octets(8, 0)), "tunnel"},     {ipv4(17, ports(4789, 4789, 8)), "tunnel"},
  };
  for (auto& row : rows) {
    Road road;
    road.attribution.attribute(Road::out(row.packet, NO_UID));
    CHECK(road.only().process.kind == ProcessKind::KERNEL);
    CHECK(road.only().process.name == row.name);
    CHECK(road.only().process.uid == NO_UID);
  }
}

TEST_CASE("a sender that had gone is unknown, with the packet's uid and the reason") {
  Road road;
  road.attribution.attribute(Road::out(ipv4(17, ports(40000, 443, 8)), 4242));
  auto& process = road.only().process;
  CHECK(process.kind == ProcessKind::UNKNOWN);
  CHECK(process.method == Method::PACKET_UID);
  CHECK(process.uid == 4242);
  CHECK(process.reason.startsWith("the program had gone"));
}

TEST_CASE("another user's socket on the same UDP port is not taken for the sender's") {
  Road road;
  road.sockets.add(UDP_CLIENT, 71).tuple.destinationPort = 0;
  road.attribution.attribute(Road::out(ipv4(17, ports(40000, 443, 8)), 1001));
  CHECK(road.only().process.kind == ProcessKind::UNKNOWN);
  CHECK(road.only().process.uid == 1001);
  CHECK_FALSE(road.expect(Kind::OWNER));
}

TEST_CASE("a connection that its listener has not yet handed over is the listener's") {
  Road road;
  auto state = STATE_NEW_SYN_RECEIVED;
  SUBCASE("in the handshake") {}
  SUBCASE("and after it") {
    state = STATE_ESTABLISHED;
  }
  road.sockets.add(SERVER, 0, state);
  road.sockets.add(LISTENER, 80, STATE_LISTEN);
  road.attribution.attribute(Road::in(ipv4(6, tcp(40000, 443, 0x10))));
  road.answer(80, FakeProcess());
  CHECK(road.only().process.method == Method::LISTENER);
}

TEST_CASE("a socket that its program has closed is nobody's") {
  Road road;
  road.sockets.add(CLIENT, 0, 4);  // FIN_WAIT1
  road.attribution.attribute(Road::out(ipv4(6, tcp(40000, 443, 0x11))));
  CHECK(road.only().process.kind == ProcessKind::UNKNOWN);
  CHECK(road.only().process.reason == "its program had closed the socket");
}

TEST_CASE("what is left of a closed connection is the kernel's") {
  Road road;
  road.sockets.add(CLIENT, 0, STATE_TIME_WAIT);
  road.attribution.attribute(Road::out(ipv4(6, tcp(40000, 443, 0x10)), NO_UID));
  CHECK(road.only().process.kind == ProcessKind::KERNEL);
}

TEST_CASE("a socket without a holder") {
  Road road;
  auto& socket = road.sockets.add(UDP_CLIENT, 71);
  auto ask = [&](uint32_t uid) {
    road.attribution.attribute(Road::out(ipv4(17, ports(40000, 443, 8)), uid));
    REQUIRE(road.expect(Kind::OWNER, 71));
  };
  SUBCASE("is the kernel's own, if root's and still there") {
    socket.uid = 0;
    ask(NO_UID);
    road.reader.answerError(ENOENT);
    CHECK(road.only().process.kind == ProcessKind::KERNEL);
  }
  SUBCASE("hides something, if another user's and still there") {
    ask(1000);
    road.reader.answerError(ENOENT);
    CHECK(road.only().process.kind == ProcessKind::UNKNOWN);
    CHECK(road.only().process.uid == 1000);
    CHECK(road.only().process.reason.startsWith("no process has its socket open"));
  }
  SUBCASE("was its program's, if it is gone as well") {
    ask(1000);
    road.sockets.byTuple.clear();
    road.reader.answerError(ENOENT);
    CHECK(road.only().process.kind == ProcessKind::UNKNOWN);
    CHECK(road.only().process.reason.startsWith("the program had gone"));
  }
}

TEST_CASE("when the reader does not answer, the packet goes on with what is known") {
  Road road;
  road.sockets.add(CLIENT, 71);
  road.attribution.attribute(Road::out(ipv4(6, tcp(40000, 443, 2))));
  road.reader.advance(500 * kj::MILLISECONDS);
  auto& process = road.only().process;
  CHECK(process.kind == ProcessKind::UNKNOWN);
  CHECK(process.uid == 1000);
  CHECK(process.socketInode == 71);
  CHECK(process.reason == "the reader did not answer");
}

TEST_CASE("a ping is found in /proc/net by its identifier, else by its raw socket") {
  Road road;
  road.attribution.attribute(Road::out(ipv4(1, icmp(8, 0, 0x8fbf))));
  REQUIRE(road.expect(Kind::PROC_NET));
  auto line = [](int port, int inode) {
    return kj::str("1: 00000000:", kj::hex(uint16_t(port)), " 00000000:0000 07 0:0 0:0 0 1000 0 ",
                   inode, " 2 0 0\n");
  };
  SUBCASE("a ping socket") {
    road.reader.answer(
        [&](proto::reader::Answer::Builder a) { a.setTable(line(0x8fbf, 71).asBytes()); });
    road.answer(71, FakeProcess());
  }
  SUBCASE("a raw socket") {
    road.reader.answer(
        [&](proto::reader::Answer::Builder a) { a.setTable(line(0x1111, 70).asBytes()); });
    REQUIRE(road.expect(Kind::PROC_NET));
    road.reader.answer(
        [&](proto::reader::Answer::Builder a) { a.setTable(line(1, 71).asBytes()); });
    road.answer(71, FakeProcess());
  }
  CHECK(road.only().process.method == Method::PROC_NET);
  CHECK(road.only().process.confidence == Confidence::CERTAIN);
}

struct WithoutSockDiag : Road {
  static constexpr auto CONNECTED =
      "1: 010200C0:9C40 026433C6:01BB 01 0:0 0:0 0 1000 0 71 1 0 20 4 30 10 -1\n";
  static constexpr auto MAPPED =
      "1: 0000000000000000FFFF0000010200C0:9C40 0000000000000000FFFF0000026433C6:01BB 01 0:0 0:0 0 "
      "1000 0 71 1 0 20 4 30 10 -1\n";
  static constexpr auto LISTENS =
      "0: 00000000:9C40 00000000:0000 0A 0:0 0:0 0 1000 0 70 1 0 100 0 0 10 0\n";

  WithoutSockDiag() { sockets.known = false; }
  void answerTable(ProcNetTable table, kj::StringPtr text, bool truncated = false) {
    auto asked = KJ_ASSERT_NONNULL(reader.next());
    CHECK(asked.kind == Kind::PROC_NET);
    CHECK(asked.table == uint8_t(table));
    reader.answer([&](proto::reader::Answer::Builder a) {
      a.setTable(text.asBytes());
      a.setTruncated(truncated);
    });
  }
};

TEST_CASE("without sock_diag a connection is found in /proc/net, that of a dual-stack socket too") {
  WithoutSockDiag road;
  road.attribution.attribute(Road::out(ipv4(6, tcp(40000, 443, 2))));
  SUBCASE("its own, beside a listener on the same port") {
    road.answerTable(ProcNetTable::TCP, kj::str(road.LISTENS, road.CONNECTED));
  }
  SUBCASE("among those of IPv6") {
    road.answerTable(ProcNetTable::TCP, "");
    road.answerTable(ProcNetTable::TCP6, road.MAPPED);
  }
  road.answer(71, FakeProcess());
  CHECK(road.only().process.method == Method::PROC_NET);
  CHECK(road.only().process.confidence == Confidence::CERTAIN);
  CHECK(road.sockets.asked.empty());
}

TEST_CASE("without sock_diag a datagram is found in /proc/net, and who takes a connection") {
  WithoutSockDiag road;
  SUBCASE("a datagram") {
    road.attribution.attribute(Road::out(ipv4(17, ports(40000, 443, 8))));
    road.answerTable(ProcNetTable::UDP, road.CONNECTED);
    road.answer(71, FakeProcess());
  }
  SUBCASE("a listener") {
    road.attribution.attribute(Road::in(ipv4(6, tcp(443, 40000, 2))));
    road.answerTable(ProcNetTable::TCP, road.LISTENS);
    auto asked = KJ_ASSERT_NONNULL(road.reader.next());
    CHECK(asked.inode == 70);
    CHECK(asked.listens);
    road.reader.answerError(ENOENT);
  }
  CHECK(road.only().process.method == Method::PROC_NET);
}

TEST_CASE("without sock_diag it is said whether nobody was found or not all were read") {
  WithoutSockDiag road;
  road.attribution.attribute(Road::out(ipv4(6, tcp(40000, 443, 2))));
  kj::StringPtr reason;
  SUBCASE("nobody, in a kernel without IPv6") {
    road.answerTable(ProcNetTable::TCP, "");
    REQUIRE(road.expect(Kind::PROC_NET));
    road.reader.answerError(ENOENT);
    reason = "the program had gone before it could be looked at, or it writes packets by itself"_kj;
  }
  SUBCASE("not all") {
    road.answerTable(ProcNetTable::TCP, "", true);
    road.answerTable(ProcNetTable::TCP6, "");
    reason = "the table of sockets is longer than what is read of it"_kj;
  }
  SUBCASE("nothing could be read") {
    for (int i = 0; i < 2; i++) {
      REQUIRE(road.expect(Kind::PROC_NET));
      road.reader.answerError(EACCES);
    }
    reason = "the reader could not read the table"_kj;
  }
  CHECK(road.only().process.kind == ProcessKind::UNKNOWN);
  CHECK(road.only().process.reason == reason);
  CHECK(road.only().process.uid == 1000);
}

TEST_CASE("an echo request that arrives is the kernel's business, its answer a program's") {
  Road road;
  road.attribution.attribute(Road::in(ipv4(1, icmp(8, 0, 1))));
  CHECK(road.only().process.kind == ProcessKind::KERNEL);
  road.attribution.attribute(Road::in(ipv4(1, icmp(0, 0, 1))));
  CHECK(road.expect(Kind::PROC_NET));
}

TEST_CASE("a packet that cannot be read is unknown, and goes on") {
  Road road;
  auto broken = ipv4(6, tcp(40000, 443, 2));
  broken[0] = 0x41;
  road.attribution.attribute(Road::out(broken));
  CHECK(road.only().packet.header.malformed == proto::Malformed::BAD_LENGTH);
  CHECK(road.only().process.kind == ProcessKind::UNKNOWN);
  CHECK(road.only().process.uid == 1000);
  CHECK(road.sockets.asked.empty());
}

TEST_CASE("a person's question about nobody is answered") {
  Road road;
  Tuple tuple;
  tuple.protocol = PROTOCOL_TCP;
  tuple.sourcePort = 99;
  kj::Maybe<ProcessKind> kind;
  road.attribution.who(tuple, [&](Named&& named) { kind = named.kind; });
  CHECK(KJ_ASSERT_NONNULL(kind) == ProcessKind::NO_SOCKET);
}

TEST_CASE("a packet whose socket is closed is its program's that the kernel noted") {
  Road road;
  FakeProcess curl;
  road.noted.note(900, curl);
  auto packet = Road::out(ipv4(17, ports(40000, 443, 8)));
  road.noted.closedByPort[packet.header.tuple.sourcePort] = ClosedSocket{900, 5};
  packet.arrived = 1;
  SUBCASE("described while it is there") {
    road.attribution.attribute(packet);
    REQUIRE(road.expect(Kind::DESCRIBE));
    road.reader.answer([&](proto::reader::Answer::Builder a) { curl.describe(a); });
    CHECK(road.only().process.facts->commandLine == "curl example.org");
  }
  SUBCASE("told by its file when it is gone, if that file has run before") {
    FakeProcess before = curl;
    before.pid++;
    road.noted.note(901, before);
    road.noted.closedByPort[packet.header.tuple.sourcePort].cookie = 901;
    road.attribution.attribute(packet);
    REQUIRE(road.expect(Kind::DESCRIBE));
    road.reader.answer([&](proto::reader::Answer::Builder a) { before.describe(a); });
    road.flows.clear();
    road.noted.closedByPort[packet.header.tuple.sourcePort].cookie = 900;
    road.attribution.attribute(packet);
    REQUIRE(road.expect(Kind::DESCRIBE));
    road.reader.answerError(ESRCH);
    auto& named = road.only().process;
    CHECK(named.method == proto::Method::BPF);
    CHECK(named.facts->path == "/usr/bin/curl");
    CHECK(named.facts->key.pid == curl.pid);
    CHECK(named.facts->commandLine == "");
    CHECK(named.facts->examination->done);
    CHECK(named.facts->examination->sha256 == "");
  }
  SUBCASE("else it is not known, and its user is") {
    road.attribution.attribute(packet);
    REQUIRE(road.expect(Kind::DESCRIBE));
    road.reader.answerError(ESRCH);
    CHECK(road.only().process.kind == proto::ProcessKind::UNKNOWN);
    CHECK(road.only().process.uid == 1000);
  }
  SUBCASE("of TCP it may be another's: a port is many sockets' at once, one to each peer") {
    auto tcpPacket = Road::out(ipv4(6, tcp(40000, 443, 2)));
    tcpPacket.arrived = 1;
    road.attribution.attribute(tcpPacket);
    CHECK(road.only().process.kind == proto::ProcessKind::UNKNOWN);
  }
  SUBCASE("where another socket with that port was closed just now, it is neither's") {
    packet.arrived = 1'000'000'000;
    road.noted.closedByPort[packet.header.tuple.sourcePort].closedNs = 1'000'000'005;
    road.noted.closedByPort[packet.header.tuple.sourcePort].beforeNs = 999'999'999;
    road.attribution.attribute(packet);
    CHECK(road.only().process.kind == proto::ProcessKind::UNKNOWN);
  }
  SUBCASE("but what came after the queue was empty the other has not sent") {
    packet.arrived = 1'000'000'000;
    packet.notBefore = 999'999'999;
    road.noted.closedByPort[packet.header.tuple.sourcePort].closedNs = 1'000'000'005;
    road.noted.closedByPort[packet.header.tuple.sourcePort].beforeNs = 999'999'999;
    road.attribution.attribute(packet);
    REQUIRE(road.expect(Kind::DESCRIBE));
    road.reader.answer([&](proto::reader::Answer::Builder a) { curl.describe(a); });
    CHECK(road.only().process.facts->path == "/usr/bin/curl");
  }
  SUBCASE("nor has a socket that was closed before") {
    packet.arrived = 1'000'000'000;
    packet.notBefore = 999'999'999;
    road.noted.closedByPort[packet.header.tuple.sourcePort].closedNs = 999'999'998;
    road.attribution.attribute(packet);
    CHECK(road.only().process.kind == proto::ProcessKind::UNKNOWN);
  }
  SUBCASE("a socket that was closed long before is another's") {
    packet.arrived = 10'000'000'000;
    road.attribution.attribute(packet);
    CHECK(road.only().process.kind == proto::ProcessKind::UNKNOWN);
  }
}

}  // namespace
}  // namespace portreeve::attributor
