// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/file-reader.h"

#include "common/helper-process.h"
#include "common/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace portreeve::resolver {
namespace {

constexpr int LOOK_AGAIN_MS = 5000;  // for folders that were not there
constexpr int SETTLE_MS = 30;        // a file is written in several steps
constexpr uint32_t EVENTS = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVED_TO | IN_MOVED_FROM |
                            IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

void confine() {
  SyscallFilter filter;
  filter.allowReadingFiles();
  filter.allow(SYS_inotify_add_watch);
  filter.allow(SYS_prlimit64);  // realpath
  filter.allow(SYS_getcwd);
  filter.enter();
}

bool readAll(const std::string& path, std::string& out) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  kj::AutoCloseFd own(fd);
  struct stat is {};
  // Not a pipe or device that would let us wait.
  if (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode)) return false;
  char part[65536];
  out.clear();
  while (out.size() < LONGEST_READ_FILE) {
    ssize_t got = read(fd, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    out.append(part, size_t(got));
  }
  out.resize(LONGEST_READ_FILE);
  return true;
}

}  // namespace

class FileReaderHelper {
public:
  FileReaderHelper(int stream, int inotify, std::vector<std::string> paths)
      : stream(stream), inotify(inotify) {
    for (auto& path : paths) files.push_back({path});
  }

  [[noreturn]] void run() {
    for (;;) {
      watch();
      for (size_t i = 0; i < files.size(); i++) look(i);
      wait();
    }
  }

private:
  struct Known {
    std::string path;
    bool told = false, there = false;
    std::string content;
  };
  int stream, inotify;
  std::vector<Known> files;

  void watch() {
    // The file, its folder, and the same where a link leads; a watch that exists stays.
    char real[PATH_MAX];
    for (auto& file : files) {
      watchWithFolder(file.path);
      if (realpath(file.path.c_str(), real) != nullptr && file.path != real) watchWithFolder(real);
    }
  }

  void watchWithFolder(const std::string& path) {
    inotify_add_watch(inotify, path.c_str(), EVENTS);
    inotify_add_watch(inotify, path.substr(0, path.rfind('/')).c_str(), EVENTS | IN_ONLYDIR);
  }

  void look(size_t index) {
    auto& file = files[index];
    std::string content;
    bool there = readAll(file.path, content);
    if (!there) content.clear();
    if (file.told && there == file.there && content == file.content) return;
    file.told = true;
    file.there = there;
    file.content = std::move(content);
    FileReader::Header header{uint32_t(index), there, file.content.size()};
    send(&header, sizeof header);
    send(file.content.data(), file.content.size());
  }

  void send(const void* octets, size_t size) {
    auto* from = static_cast<const char*>(octets);
    while (size > 0) {
      ssize_t sent = ::send(stream, from, size, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) _exit(0);  // the resolver is gone
      from += sent;
      size -= size_t(sent);
    }
  }

  void wait() {
    pollfd both[] = {{inotify, POLLIN, 0}, {stream, POLLIN, 0}};
    if (poll(both, 2, LOOK_AGAIN_MS) > 0) poll(nullptr, 0, SETTLE_MS);
    if (both[1].revents != 0) _exit(0);
    alignas(inotify_event) char events[4096];
    while (read(inotify, events, sizeof events) > 0) continue;
  }
};

FileReader FileReader::start(kj::ArrayPtr<const kj::StringPtr> paths) {
  int pair[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  kj::AutoCloseFd ours(pair[0]), theirs(pair[1]);
  pid_t parent = getpid();
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child != 0) return FileReader(kj::mv(ours));

  int socket = becomeHelper(parent, theirs);
  prctl(PR_SET_NAME, "resolver-files");
  int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify < 0) _exit(1);
  std::vector<std::string> names;
  for (auto path : paths) names.emplace_back(path.cStr());
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([]() { confine(); })) {
    dprintf(STDERR_FILENO, "<3>resolver: reading files: %s\n", e->getDescription().cStr());
    _exit(1);
  }
  FileReaderHelper(socket, inotify, std::move(names)).run();
}

kj::Promise<FileReader::File> FileReader::next(kj::AsyncInputStream& from) {
  return from.read(&header, sizeof header).then([this, &from]() {
    KJ_REQUIRE(header.size <= LONGEST_READ_FILE, "the helper that reads files broke its promise");
    File file{header.index, header.there != 0, kj::heapArray<char>(header.size)};
    auto read = from.read(file.content.begin(), file.content.size());
    return read.then([file = kj::mv(file)]() mutable { return kj::mv(file); });
  });
}

}  // namespace portreeve::resolver
