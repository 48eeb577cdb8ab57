// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/numbered-entries.h"

#include "attributor/reader/test-child.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>

namespace portreeve::reader {
namespace {

kj::AutoCloseFd openDescriptors(pid_t pid) {
  int fd;
  auto path = kj::str("/proc/", pid, "/fd");
  KJ_SYSCALL(fd = open(path.cStr(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return kj::AutoCloseFd(fd);
}

kj::Vector<int> all(Descending numbers) {
  kj::Vector<int> result;
  for (auto some = numbers.next(); some.size() > 0; some = numbers.next())
    for (size_t i = some.size(); i-- > 0;) result.add(some[i]);
  return result;
}

bool descends(const kj::Vector<int>& numbers) {
  return std::is_sorted(numbers.begin(), numbers.end(), [](int a, int b) { return a > b; });
}

bool has(const kj::Vector<int>& numbers, int wanted) {
  return std::find(numbers.begin(), numbers.end(), wanted) != numbers.end();
}

void openMany(int count, int highest) {
  for (int i = 0; i < count; i++)
    if (dup(0) < 0) _exit(97);
  if (highest >= 0 && dup2(0, highest) < 0) _exit(96);
}

TEST_CASE("the descriptors of a process come from the highest down, each once") {
  for (int count : {0, 3, 57, 64, 65, 90, 200, 900}) {
    for (int highest : {-1, 250, 1000}) {
      TestChild child([=]() { openMany(count, highest); });
      auto descriptors = openDescriptors(child.pid);
      kj::Vector<int> expected, storage;
      REQUIRE(readNumbers(descriptors, NumberedDirectory::DESCRIPTORS, 0, 1 << 20, expected));
      std::reverse(expected.begin(), expected.end());
      CHECK(expected.size() >= size_t(count));
      auto found = all(Descending(descriptors, NumberedDirectory::DESCRIPTORS, storage));
      CHECK(descends(found));
      CHECK(kj::arrayPtr(found.begin(), found.end()) ==
            kj::arrayPtr(expected.begin(), expected.end()));
    }
  }
}

TEST_CASE("a folder of descriptors that is bounded gives what is within") {
  TestChild child([]() { openMany(300, -1); });
  auto descriptors = openDescriptors(child.pid);
  kj::Vector<int> storage;
  auto found = all(Descending(descriptors, NumberedDirectory::DESCRIPTORS, 40, 200, storage));
  CHECK(found.size() == 160);
  CHECK(found.front() == 199);
  CHECK(found.back() == 40);
}

TEST_CASE("processes are found from a number on, without those before") {
  auto proc = openProc();
  TestChild child([]() {});
  kj::Vector<int> pids, storage;
  REQUIRE(readNumbers(proc, NumberedDirectory::PROCESSES, child.pid, child.pid + 1, pids));
  CHECK(pids.size() == 1);
  CHECK(pids[0] == child.pid);
  REQUIRE(readNumbers(proc, NumberedDirectory::PROCESSES, 1, 1 << 30, pids));
  CHECK(has(pids, getpid()));
  CHECK(has(pids, child.pid));
  auto found =
      all(Descending(proc, NumberedDirectory::PROCESSES, child.pid - 300, child.pid + 1, storage));
  CHECK(descends(found));
  CHECK(found.front() == child.pid);
}

TEST_CASE("all processes come from the highest down") {
  auto proc = openProc();
  kj::Vector<kj::Own<TestChild>> children;
  for (int i = 0; i < 100; i++) children.add(kj::heap<TestChild>([]() {}));
  kj::Vector<int> storage;
  auto found = all(Descending(proc, NumberedDirectory::PROCESSES, storage));
  CHECK(descends(found));
  CHECK(found.front() >= children.back()->pid);
  CHECK(has(found, getpid()));
  for (auto& child : children) CHECK(has(found, child->pid));
}

TEST_CASE("the folder of a process that has gone holds nothing") {
  TestChild child([]() {});
  auto descriptors = openDescriptors(child.pid);
  child.end();
  kj::Vector<int> storage;
  CHECK(all(Descending(descriptors, NumberedDirectory::DESCRIPTORS, storage)).size() == 0);
  CHECK_FALSE(readNumbers(descriptors, NumberedDirectory::DESCRIPTORS, 0, 100, storage));
}

TEST_CASE("names are made of one number or two") {
  CHECK(std::string_view(NumberName(0).cStr()) == "0");
  CHECK(std::string_view(NumberName("", 2147483647, "/fd/", 2147483647).cStr()) ==
        "2147483647/fd/2147483647");
  CHECK(std::string_view(NumberName("", 7, "/fd").cStr()) == "7/fd");
  CHECK(std::string_view(NumberName("fd/", 7).cStr()) == "fd/7");
}

}  // namespace
}  // namespace portreeve::reader
