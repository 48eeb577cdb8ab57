// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/examiner/examiner.h"

#include "attributor/examiner/digest.h"
#include "attributor/examiner/packages.h"

#include <doctest/doctest.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace portreeve::examiner {
namespace {

constexpr kj::StringPtr ABC =  // FIPS 180-4's example
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"_kj;

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/portreeve-examiner-test-XXXXXX";
    KJ_ASSERT(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  KJ_DISALLOW_COPY(Folder);

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << text;
  }
  kj::AutoCloseFd open(const std::string& name, int flags = O_RDONLY) const {
    int fd;
    KJ_SYSCALL(fd = ::open((path + "/" + name).c_str(), flags | O_CLOEXEC));
    return kj::AutoCloseFd(fd);
  }
};

TEST_CASE("the digest of a file is that of all its bytes, wherever its descriptor stands") {
  Folder folder;
  folder.write("abc", "abc");
  folder.write("long", std::string(1'000'000, 'a'));
  char hex[65];
  auto abc = folder.open("abc");
  lseek(abc, 2, SEEK_SET);
  CHECK(digestOf(abc, hex) == Failure::NONE);
  CHECK(hex == ABC);
  CHECK(digestOf(folder.open("long"), hex) == Failure::NONE);
  CHECK(hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"_kj);
}

TEST_CASE("what cannot be read whole in time has no digest, and it is said why") {
  Folder folder;
  folder.write("abc", "abc");
  char hex[65];
  CHECK(digestOf(folder.open("abc", O_WRONLY), hex) == Failure::UNREADABLE);
  CHECK(digestOf(folder.open("abc"), hex, 0) == Failure::TOO_SLOW);
  folder.write("huge", "");
  std::filesystem::resize_file(folder.path + "/huge", LARGEST_FILE + 1);
  CHECK(digestOf(folder.open("huge"), hex) == Failure::TOO_LARGE);
}

TEST_CASE("the package that lists a path owns it, also by the names from before the merged /usr") {
  Folder lists;
  lists.write("curl.list", "/.\n/usr\n/usr/bin\n/usr/bin/curl\n");
  lists.write("bash:amd64.list", "/bin/bash\n/usr/share/doc");
  lists.write("curl.md5sums", "/usr/bin/other\n");
  auto package = [&](kj::StringPtr path) { return packageOf(path, lists.path.c_str()); };
  CHECK(package("/usr/bin/curl") == "curl");
  CHECK(package("/bin/curl") == "curl");
  CHECK(package("/usr/bin/bash") == "bash:amd64");
  CHECK(package("/usr/share/doc") == "bash:amd64");
  CHECK(package("/usr/bin/cur") == "");
  CHECK(package("/usr/bin/other") == "");
  CHECK(package("bin/curl") == "");
  CHECK(package("") == "");
  CHECK(packageOf("/usr/bin/curl", "/nonexistent") == "");
}

TEST_CASE("a path with a line end in it is no two paths") {
  Folder lists;
  lists.write("a.list", "/x\n/y\n");
  CHECK(packageOf("/x\n/y", lists.path.c_str()) == "");
}

Job jobFor(int file) {
  // As whoever opened it saw it.
  struct stat now;
  KJ_SYSCALL(fstat(file, &now));
  auto nanoseconds = [](const timespec& time) {
    return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  Job job;
  job.size = uint64_t(now.st_size);
  job.modified = nanoseconds(now.st_mtim);
  job.changed = nanoseconds(now.st_ctim);
  return job;
}

TEST_CASE("a file that was written to after it was opened has no digest") {
  Folder folder;
  folder.write("abc", "ab");
  auto file = folder.open("abc");
  auto job = jobFor(file);
  folder.write("abc", "abc");
  auto result = examine(job, file, folder.path.c_str());
  CHECK(result.failure == Failure::CHANGED);
  CHECK(result.sha256[0] == 0);
}

TEST_CASE("a job without an end of its path looks for no package") {
  Folder folder;
  folder.write("abc", "abc");
  auto job = jobFor(folder.open("abc"));
  job.findPackage = 1;
  memset(job.path, 'a', sizeof job.path);
  auto result = examine(job, folder.open("abc"), folder.path.c_str());
  CHECK(result.sha256 == ABC);
  CHECK(result.package[0] == 0);
}

void send(int socket, const Job& job, int file) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)]{};
  iovec part{const_cast<Job*>(&job), sizeof job};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  auto rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof file);
  memcpy(CMSG_DATA(rights), &file, sizeof file);
  KJ_SYSCALL(sendmsg(socket, &header, 0));
}

Result receive(int socket) {
  Result result;
  pollfd here{socket, POLLIN, 0};
  KJ_ASSERT(poll(&here, 1, 10'000) == 1);
  KJ_ASSERT(recv(socket, &result, sizeof result, 0) == sizeof result);
  return result;
}

TEST_CASE("the examiner does many jobs at a time, in any order, and says of each what it is of") {
  Folder folder;
  folder.write("abc", "abc");
  REQUIRE(mkfifo((folder.path + "/pipe").c_str(), 0600) == 0);
  auto pipe = folder.open("pipe", O_RDWR);
  auto socket = start();
  constexpr uint64_t JOBS = 20;
  auto job = jobFor(folder.open("abc"));
  job.id = 1;
  send(socket, job, pipe);
  for (job.id = 2; job.id <= JOBS; job.id++) send(socket, job, folder.open("abc"));
  uint64_t sum = 0;
  for (uint64_t i = 1; i <= JOBS; i++) {
    auto result = receive(socket);
    bool regular = result.id != 1;
    CHECK(result.sha256 == (regular ? ABC : ""_kj));
    CHECK((result.failure == Failure::NONE) == regular);
    sum += result.id;
  }
  CHECK(sum == JOBS * (JOBS + 1) / 2);
}

}  // namespace
}  // namespace portreeve::examiner
