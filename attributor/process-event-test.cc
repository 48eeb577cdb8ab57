// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-event.h"

#include <doctest/doctest.h>
#include <kj/array.h>
#include <kj/encoding.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <initializer_list>

namespace portreeve::attributor {
namespace {

using Kind = ProcessEvent::Kind;

// As Linux 6.18 told of process 29435, which had a thread 29436: netlink's header, the connector's,
// the event.
constexpr kj::StringPtr ANSWER =
    "4c00000003000000cd3e0000000000000100000001000000cd3e000001000000280000000000"
    "00000100000078fe3d9e0a320000000000000000000000000000000000000000000000000000"_kj;
constexpr kj::StringPtr FORK =
    "4c00000003000000ce3e0000000000000100000001000000ce3e000000000000280000000100"
    "000001000000aed6419e0a320000ce720000ce720000fb720000fb7200000000000000000000"_kj;
constexpr kj::StringPtr EXEC =
    "4c00000003000000cf3e0000000000000100000001000000cf3e000000000000280000000200"
    "000001000000a1a5619e0a320000fb720000fb72000000000000000000000000000000000000"_kj;
constexpr kj::StringPtr GID =
    "4c00000003000000d23e0000000000000100000001000000d23e000000000000280000004000"
    "000001000000d16881a20a320000fb720000fb720000feff0000feff00000000000000000000"_kj;
constexpr kj::StringPtr THREAD_ENDS =
    "4c00000003000000d53e0000000000000100000001000000d53e000000000000280000000000"
    "00800100000011b4a9a20a320000fc720000fb72000000000000ffffffff0000000000000000"_kj;
constexpr kj::StringPtr ENDS =
    "4c00000003000000d83e0000000000000100000001000000d83e000000000000280000000000"
    "0080010000008ea455a30a320000fb720000fb7200000000000011000000ce720000ce720000"_kj;
constexpr int32_t PROCESS = 29435;
constexpr size_t CONNECTOR_INDEX = 16, EVENT_BYTES = 32, LEADER = 56;  // offsets

kj::Array<kj::byte> datagram(std::initializer_list<kj::StringPtr> parts) {
  return kj::decodeHex(kj::strArray(kj::heapArray<kj::StringPtr>(parts), "")).releaseAsBytes();
}

kj::Vector<ProcessEvent> read(kj::ArrayPtr<const kj::byte> bytes) {
  kj::Vector<ProcessEvent> events;
  readProcessEvents(bytes, [&](const ProcessEvent& event) { events.add(event); });
  return events;
}

TEST_CASE("a program's start and its end are told, with the process") {
  auto started = read(datagram({EXEC}));
  REQUIRE(started.size() == 1);
  CHECK(started[0].kind == Kind::EXECUTED);
  CHECK(started[0].pid == PROCESS);
  auto ended = read(datagram({ENDS}));
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].kind == Kind::ENDED);
  CHECK(ended[0].pid == PROCESS);
}

TEST_CASE("forks, changes of users, the end of a thread and answers are passed over") {
  CHECK(read(datagram({ANSWER, FORK, GID, THREAD_ENDS})).empty());
}

TEST_CASE("several events in one datagram are all told") {
  CHECK(read(datagram({ANSWER, EXEC, FORK, ENDS})).size() == 2);
}

TEST_CASE("an event that is cut short is none") {
  auto whole = datagram({EXEC});
  for (size_t size = 0; size < whole.size(); size++) CHECK(read(whole.slice(0, size)).empty());
}

TEST_CASE("what is no event of processes is none") {
  auto other = datagram({EXEC});
  SUBCASE("another connector's message") {
    other[CONNECTOR_INDEX] = 3;
  }
  SUBCASE("a message that says to be longer than its datagram") {
    other[EVENT_BYTES] = 200;
  }
  SUBCASE("one of no process") {
    for (size_t i = 0; i < 4; i++) other[LEADER + i] = 0;
  }
  CHECK(read(other).empty());
}

}  // namespace
}  // namespace portreeve::attributor
