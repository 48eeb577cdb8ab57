// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/seen-sockets.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::reader {
namespace {

TEST_CASE("a socket is remembered where it was seen last") {
  SeenSockets seen(16);
  CHECK(seen.find(5) == nullptr);
  seen.remember(5, {100, 3});
  seen.remember(5, {101, 4});
  auto place = KJ_ASSERT_NONNULL(seen.find(5));
  CHECK(place.pid == 101);
  CHECK(place.descriptor == 4);
  CHECK(seen.find(5 + 16) == nullptr);
}

TEST_CASE("as many are remembered as there is room for when inodes follow each other") {
  SeenSockets seen(256);
  for (uint64_t inode = 1000; inode < 2024; inode++) seen.remember(inode, {int(inode), 1});
  for (uint64_t inode = 1000; inode < 2024; inode++)
    CHECK(KJ_ASSERT_NONNULL(seen.find(inode)).pid == int(inode));
}

TEST_CASE("more than there is room for push others out, and the newest stays") {
  SeenSockets seen(4);
  for (uint64_t inode = 1; inode < 1000; inode++) {
    seen.remember(inode, {int(inode), 1});
    CHECK(KJ_ASSERT_NONNULL(seen.find(inode)).pid == int(inode));
  }
}

}  // namespace
}  // namespace portreeve::reader
