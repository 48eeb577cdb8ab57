// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/asker-table.h"
#include "common/retold-table.h"

#include <doctest/doctest.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/exception.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace portreeve {
namespace {

Address address(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Address::parse(text));
}

TEST_CASE("a client is known by its address and port until it is forgotten") {
  AskerTableWriter policy;
  AskerTableReader resolver(policy.descriptor());
  CHECK(resolver.of(address("127.0.0.1"), 4711) == nullptr);
  policy.set(address("127.0.0.1"), 4711, {7, 8});
  policy.set(address("::1"), 4712, {AskerTable::MOST_WORDS, AskerTable::MOST_WORDS});
  CHECK(KJ_ASSERT_NONNULL(resolver.of(address("127.0.0.1"), 4711)).word == AskerWord{7, 8});
  CHECK(KJ_ASSERT_NONNULL(resolver.of(address("::1"), 4712)).word ==
        AskerWord{AskerTable::MOST_WORDS, AskerTable::MOST_WORDS});
  CHECK(resolver.of(address("127.0.0.2"), 4711) == nullptr);
  CHECK(resolver.of(address("127.0.0.1"), 4712) == nullptr);
  policy.forget(4711);
  CHECK(resolver.of(address("127.0.0.1"), 4711) == nullptr);
  policy.forgetAll();
  CHECK(resolver.of(address("::1"), 4712) == nullptr);
}

TEST_CASE("a new generation makes another of the same client") {
  AskerTableWriter policy;
  AskerTableReader resolver(policy.descriptor());
  policy.set(address("127.0.0.1"), 65535, {7, 7});
  auto before = KJ_ASSERT_NONNULL(resolver.of(address("127.0.0.1"), 65535));
  policy.beginGeneration();
  auto after = KJ_ASSERT_NONNULL(resolver.of(address("127.0.0.1"), 65535));
  CHECK(after.word == before.word);
  CHECK(after != before);
}

TEST_CASE("whoever reads the table cannot write it, nor take memory from under others") {
  AskerTableWriter policy;
  int fd = policy.descriptor();
  CHECK(mmap(nullptr, sizeof(AskerTable), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  CHECK(errno == EPERM);
  CHECK(pwrite(fd, "x", 1, 0) < 0);
  CHECK(ftruncate(fd, 0) < 0);
}

TEST_CASE("which program was given a name again is seen by its word") {
  RetoldTableWriter resolver;
  RetoldTableReader policy(resolver.descriptor());
  CHECK(policy.latest(7) == 0);
  resolver.given(7);
  resolver.given(8);
  CHECK(policy.latest(7) == 1);
  CHECK(policy.latest(8) == 2);
  CHECK(policy.latest(8 + RetoldTable::WORDS) == 2);
  CHECK(resolver.newest() == 2);
}

TEST_CASE("what is no table is refused in words") {
  int fd = memfd_create("other", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  REQUIRE(fd >= 0);
  kj::AutoCloseFd other(fd);
  auto refusal = kj::runCatchingExceptions([&]() { AskerTableReader reader(fd); });
  CHECK(std::string(KJ_ASSERT_NONNULL(refusal).getDescription().cStr())
            .find("the table of DNS clients") != std::string::npos);
  KJ_SYSCALL(ftruncate(fd, sizeof(AskerTable)));
  CHECK_THROWS_AS(AskerTableReader{fd}, kj::Exception);  // it could shrink
  KJ_SYSCALL(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
  CHECK_THROWS_AS(AskerTableReader{fd}, kj::Exception);  // it is empty
}

}  // namespace
}  // namespace portreeve
