// SPDX-License-Identifier: GPL-3.0-or-later
// Microbenchmarks of what each packet costs in user space, a stage at a time, with the number of
// allocations. bench/run-micro builds and runs them; bench/results/ keeps what was measured.
#include "attributor/packet-header.h"
#include "common/clock.h"
#include "common/latency.h"
#include "common/ring.h"
#include "interceptor/pending.h"
#include "interceptor/queue.h"
#include "interceptor/submitter.h"
#include "policy/flow-table.h"
#include "policy/rules/test-facts.h"

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <new>
#include <string>
#include <vector>

namespace {

uint64_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
  allocations++;
  if (void* memory = malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  free(memory);
}

namespace portreeve {
namespace {

class CountAllocations {
  // From here to the end of the scope, shown for each iteration.
public:
  explicit CountAllocations(benchmark::State& state) : state(state), before(allocations) {}
  ~CountAllocations() {
    state.counters["allocations"] =
        benchmark::Counter(double(allocations - before), benchmark::Counter::kAvgIterations);
  }

private:
  benchmark::State& state;
  uint64_t before;
};

// A SYN to port 443, with the options that Linux sends.
const kj::byte SYN[] = {0x45, 0,   0,    60,  0x12, 0x34, 0x40, 0,    64,   6, 0, 0, 192, 0,    2,
                        10,   203, 0,    113, 5,    0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 1,   0,    0,
                        0,    0,   0xa0, 2,   0xfa, 0xf0, 0,    0,    0,    0, 2, 4, 5,   0xb4, 4,
                        2,    8,   10,   1,   2,    3,    4,    0,    0,    0, 0, 1, 3,   3,    7};

void headerParse(benchmark::State& state) {
  CountAllocations count(state);
  auto start = kj::arrayPtr(SYN, sizeof SYN);
  for (auto _ : state)
    benchmark::DoNotOptimize(attributor::readPacket(start, sizeof SYN, proto::Family::IPV4));
}
BENCHMARK(headerParse);

struct QueueMessage {
  alignas(8) char buffer[512]{};
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);

  QueueMessage() {
    header->nlmsg_type = interceptor::netfilterType(NFNL_SUBSYS_QUEUE, NFQNL_MSG_PACKET);
    interceptor::putNetfilterHeader(header, AF_INET, 17040);
    nfqnl_msg_packet_hdr packet{};
    packet.packet_id = htonl(7);
    mnl_attr_put(header, NFQA_PACKET_HDR, sizeof packet, &packet);
    mnl_attr_put_u32(header, NFQA_IFINDEX_OUTDEV, htonl(2));
    mnl_attr_put_u32(header, NFQA_UID, htonl(1000));
    mnl_attr_put_u32(header, NFQA_GID, htonl(1000));
    mnl_attr_put(header, NFQA_PAYLOAD, sizeof SYN, SYN);
  }
};

void queueMessage(benchmark::State& state) {
  QueueMessage message;
  CountAllocations count(state);
  for (auto _ : state) {
    kj::ArrayPtr<const kj::byte> start;
    benchmark::DoNotOptimize(interceptor::decodePacket(message.header, start));
  }
}
BENCHMARK(queueMessage);

void admitAndSettle(benchmark::State& state) {
  // With so many others that wait.
  constexpr uint64_t NEVER = ~0ull >> 1;
  interceptor::Pending pending(interceptor::Pending::MAX_CAPACITY, NEVER, 1);
  interceptor::PacketFacts facts{};
  auto start = kj::arrayPtr(SYN, sizeof SYN);
  for (int64_t i = 0; i < state.range(0); i++) pending.add(facts, start);
  CountAllocations count(state);
  for (auto _ : state) {
    auto& packet = KJ_ASSERT_NONNULL(pending.add(facts, start));
    benchmark::DoNotOptimize(pending.settle(packet.id));
  }
}
BENCHMARK(admitAndSettle)->Arg(0)->Arg(10000);

void ringStep(benchmark::State& state) {
  // A batch is built, sent, received and read: one arrow of the ring, the kernel's part included.
  auto pair = makeRingPair();
  RingSender sender(kj::mv(pair.sender));
  RingMessage message;
  constexpr uint64_t NEVER = ~0ull >> 1;
  interceptor::Pending pending(64, NEVER, 1);
  interceptor::PacketFacts facts{};
  facts.queue = 17040;
  auto& packet = KJ_ASSERT_NONNULL(pending.add(facts, kj::arrayPtr(SYN, sizeof SYN)));
  auto buffer = kj::heapArray<capnp::word>(proto::RING_MESSAGE_BYTES / sizeof(capnp::word));
  auto packets = uint(state.range(0));
  auto step = [&]() {
    auto batch = message.begin<proto::PacketBatch>().initPackets(packets);
    for (uint i = 0; i < packets; i++) interceptor::toRing(packet, 1, batch[i]);
    if (sender.send(message.builder()) != RingSender::Sent::YES) abort();
    auto got = recv(pair.receiver.get(), buffer.begin(), buffer.asBytes().size(), 0);
    capnp::FlatArrayMessageReader reader(buffer.slice(0, size_t(got) / sizeof(capnp::word)));
    for (auto one : reader.getRoot<proto::PacketBatch>().getPackets())
      benchmark::DoNotOptimize(one.getStart().size());
  };
  for (int i = 0; i < 100; i++) step();
  {
    CountAllocations count(state);
    for (auto _ : state) step();
  }
  state.SetItemsProcessed(state.iterations() * packets);
}
BENCHMARK(ringStep)->Arg(1)->Arg(8)->Arg(32);

Tuple numbered(uint32_t n) {
  Tuple tuple;
  tuple.protocol = PROTOCOL_TCP;
  tuple.source = rules::address("192.0.2.10");
  uint32_t to = htonl(0xcb007100 + n / 60000);
  tuple.destination = Address::fromV4(&to);
  tuple.sourcePort = uint16_t(1024 + n % 60000);
  tuple.destinationPort = 443;
  return tuple;
}

void flowLookUp(benchmark::State& state) {
  policy::FlowTable table;
  auto flows = uint32_t(state.range(0));
  for (uint32_t n = 0; n < flows; n++) {
    policy::Flow flow;
    flow.tuple = numbered(n);
    table.add(kj::mv(flow));
  }
  std::vector<Tuple> asked;
  for (uint32_t n = 0; n < 4096; n++) asked.push_back(numbered(n * 7919 % flows));
  CountAllocations count(state);
  size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.findOpen(asked[at++ % asked.size()]));
}
BENCHMARK(flowLookUp)->Arg(100)->Arg(10000)->Arg(65000);

void ruleMatch(benchmark::State& state) {
  // So many rules of which the last one matches.
  std::string text;
  for (int64_t n = 1; n < state.range(0); n++) {
    auto number = std::to_string(n);
    text.append("[[rule]]\nname = \"").append(number);
    text.append("\"\naction = \"allow\"\nprocess = { path = \"/usr/bin/p").append(number);
    text.append("\" }\ndomain = \"h").append(number).append(".example\"\nport = ");
    text.append(std::to_string(1 + n % 60000)).append("\n");
  }
  text +=
      "[[rule]]\nname = \"last\"\naction = \"allow\"\nprocess = { path = \"/usr/bin/curl\" }\n"
      "domain = \"example.org\"\nport = 443\n";
  auto set = rules::loadRules(text.c_str());
  auto facts = rules::curlToExample();
  if (set->decide(facts, rules::NOW).rule->name != "last"_kj) abort();
  CountAllocations count(state);
  for (auto _ : state) benchmark::DoNotOptimize(set->decide(facts, rules::NOW).verdict);
}
BENCHMARK(ruleMatch)->Arg(10)->Arg(1000)->Arg(10000);

void latencyRecord(benchmark::State& state) {
  Latency latency;
  CountAllocations count(state);
  uint64_t value = 1;
  for (auto _ : state) latency.record(value = value * 5 % 1000003);
}
BENCHMARK(latencyRecord);

}  // namespace
}  // namespace portreeve

BENCHMARK_MAIN();
