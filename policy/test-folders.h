// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a folder of one's own that goes when the test ends, an event loop with real files and
// a clock that stands still.
#pragma once

#include <fcntl.h>
#include <kj/async-unix.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <kj/string.h>
#include <kj/timer.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace portreeve::policy {

class TestFolder {
public:
  TestFolder() {
    char path[] = "/tmp/portreeve-policy-test-XXXXXX";
    KJ_ASSERT(mkdtemp(path) != nullptr);
    root = kj::str(path);
  }
  ~TestFolder() { std::filesystem::remove_all(root.cStr()); }
  KJ_DISALLOW_COPY(TestFolder);

  kj::String path(kj::StringPtr name = "") const {
    return name.size() == 0 ? kj::str(root) : kj::str(root, '/', name);
  }
  void make(kj::StringPtr name) { std::filesystem::create_directories(path(name).cStr()); }
  void remove(kj::StringPtr name) { std::filesystem::remove_all(path(name).cStr()); }
  void rename(kj::StringPtr from, kj::StringPtr to) {
    std::filesystem::rename(path(from).cStr(), path(to).cStr());
  }
  bool has(kj::StringPtr name) const { return std::filesystem::exists(path(name).cStr()); }

  void write(kj::StringPtr name, kj::StringPtr text) {
    int fd = open(path(name).cStr(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    KJ_ASSERT(fd >= 0, name);
    kj::FdOutputStream(kj::AutoCloseFd(fd)).write(text.begin(), text.size());
  }
  kj::String read(kj::StringPtr name) const {
    int fd = open(path(name).cStr(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return kj::str("(missing)");
    return kj::FdInputStream(kj::AutoCloseFd(fd)).readAllText();
  }
  kj::Vector<kj::String> list(kj::StringPtr name) const {
    kj::Vector<kj::String> names;
    for (auto& entry : std::filesystem::directory_iterator(path(name).cStr()))
      names.add(kj::str(entry.path().filename().c_str()));
    return names;
  }

private:
  kj::String root;
};

struct TestLoop {
  kj::UnixEventPort port;
  kj::EventLoop loop{port};
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};

  void turn() { scope.poll(); }
  void pass(kj::Duration time) {
    // In small steps, so that what a timer starts can start timers.
    turn();
    for (int i = 0; i < 20; i++) {
      timer.advanceTo(timer.now() + time / 20);
      turn();
    }
  }
  template <typename T>
  T finish(kj::Promise<T> promise) {
    return promise.wait(scope);
  }
};

template <typename Act>
kj::String failureOf(Act&& act) {
  // What it throws, in words; empty where it does not.
  KJ_IF_MAYBE (e, kj::runCatchingExceptions(act)) return kj::str(e->getDescription());
  return kj::String();
}

inline bool contains(kj::StringPtr text, kj::StringPtr part) {
  return std::string_view(text.begin(), text.size())
             .find(std::string_view(part.begin(), part.size())) != std::string_view::npos;
}

}  // namespace portreeve::policy
