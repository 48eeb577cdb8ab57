// SPDX-License-Identifier: GPL-3.0-or-later
// Round trips to a real, sandboxed portreeve-reader:
//   reader-bench PATH-OF-READER [IDLE-PROCESSES [HOLDERS SOCKETS-EACH]]
// Needs root. IDLE-PROCESSES without sockets and HOLDERS of SOCKETS-EACH are there while it
// measures. Prints the median, the 99th percentile and the worst, in µs.
#include "bench/proc-walker.h"
#include "proto/reader.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <errno.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace portreeve::reader {
namespace {

using proto::reader::Answer;
using proto::reader::Question;
using Kind = Question::Kind;

double nowUs() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) * 1e6 + double(time.tv_nsec) / 1e3;
}

uint64_t inodeOf(int fd) {
  struct stat file;
  KJ_SYSCALL(fstat(fd, &file));
  return file.st_ino;
}

int makeSocket() {
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return fd;
}

class Children {
  // Forked processes that wait until this object ends.
public:
  Children() { KJ_SYSCALL(pipe(end)); }
  ~Children() noexcept(false) {
    for (pid_t child : pids) kill(child, SIGKILL);
    for (pid_t child : pids) waitpid(child, nullptr, 0);
    close(end[0]);
    close(end[1]);
  }

  template <typename Act>
  pid_t start(Act&& act) {
    pid_t child;
    KJ_SYSCALL(child = fork());
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(end[1]);
      act();
      char byte;
      _exit(read(end[0], &byte, 1) < 0);
    }
    pids.add(child);
    return child;
  }
  void stopLast() {
    kill(pids.back(), SIGKILL);
    waitpid(pids.back(), nullptr, 0);
    pids.removeLast();
  }

private:
  int end[2];
  kj::Vector<pid_t> pids;
};

class Reader {
public:
  explicit Reader(const char* path) {
    int listening;
    KJ_SYSCALL(listening = ::socket(AF_UNIX, SOCK_SEQPACKET, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;  // autobind: unix(7)
    KJ_SYSCALL(bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)));
    socklen_t length = sizeof address;
    KJ_SYSCALL(getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length));
    KJ_SYSCALL(listen(listening, 8));
    KJ_SYSCALL(process = fork());
    if (process == 0) {
      dup2(listening, 3);
      auto self = kj::str(getpid());
      setenv("LISTEN_PID", self.cStr(), 1);
      setenv("LISTEN_FDS", "1", 1);
      setenv("LISTEN_FDNAMES", "reader", 1);
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      execl(path, path, nullptr);
      _exit(127);
    }
    close(listening);
    KJ_SYSCALL(socket = ::socket(AF_UNIX, SOCK_SEQPACKET, 0));
    KJ_SYSCALL(connect(socket, reinterpret_cast<sockaddr*>(&address), length));
  }
  ~Reader() noexcept(false) {
    close(socket);
    kill(process, SIGTERM);
    int status = 0;
    waitpid(process, &status, 0);
    printf("the reader ended with status %d\n", status);
  }

  template <typename Fill, typename Check>
  double ask(Kind kind, Fill&& fill, Check&& check) {
    capnp::MallocMessageBuilder message;
    auto question = message.initRoot<Question>();
    question.setKind(kind);
    question.setUid(~0u);
    question.setHintFd(-1);
    fill(question);
    auto words = capnp::messageToFlatArray(message);
    capnp::word answer[4096];
    double start = nowUs();
    KJ_SYSCALL(send(socket, words.begin(), words.asBytes().size(), 0));
    ssize_t size;
    KJ_SYSCALL(size = recv(socket, answer, sizeof answer, 0));
    double took = nowUs() - start;
    KJ_REQUIRE(size > 0, "the reader closed the connection");
    capnp::FlatArrayMessageReader reader(kj::arrayPtr(answer, size_t(size) / sizeof(capnp::word)));
    check(reader.getRoot<Answer>());
    return took;
  }

private:
  int socket;
  pid_t process;
};

void print(const char* what, kj::Vector<double>& times) {
  std::sort(times.begin(), times.end());
  printf("%-64s %8.1f %8.1f %8.1f\n", what, times[times.size() / 2], times[times.size() * 99 / 100],
         times.back());
}

void measureHint(Reader& reader) {
  int fd = makeSocket();
  kj::Vector<double> times;
  for (int i = 0; i < 5000; i++)
    times.add(reader.ask(
        Kind::OWNER,
        [&](Question::Builder question) {
          question.setInode(inodeOf(fd));
          question.setHintPid(getpid());
          question.setHintFd(fd);
          question.setUid(getuid());
        },
        [](Answer::Reader answer) {
          KJ_REQUIRE(answer.getPid() == getpid() && answer.getStep() == 0, answer);
        }));
  print("owner, the hint is right", times);
  close(fd);
}

void measureNewborn(Reader& reader, Children& children) {
  kj::Vector<double> times;
  int newest = 0;
  int steps[5] = {};
  for (int i = 0; i < 300; i++) {
    int fd = makeSocket();
    pid_t child = children.start([]() {});
    uint64_t inode = inodeOf(fd);
    int told[2];
    KJ_SYSCALL(pipe(told));
    pid_t owner = children.start([&]() {
      int own = makeSocket();
      uint64_t number = inodeOf(own);
      KJ_SYSCALL(write(told[1], &number, sizeof number));
    });
    KJ_SYSCALL(read(told[0], &inode, sizeof inode));
    close(told[0]);
    close(told[1]);
    times.add(reader.ask(
        Kind::OWNER,
        [&](Question::Builder question) {
          question.setInode(inode);
          question.setUid(getuid());
          question.setNewerThan(newest);
        },
        [&](Answer::Reader answer) {
          KJ_REQUIRE(answer.getPid() == owner, answer, owner, child);
          newest = answer.getNewestPid();
          steps[answer.getStep()]++;
        }));
    children.stopLast();
    children.stopLast();
    close(fd);
  }
  print("owner, a process born just now", times);
  printf("  steps: hint %d, newer %d, same uid %d, all %d, seen %d\n", steps[0], steps[1], steps[2],
         steps[3], steps[4]);
}

void measureWalking(Children& children) {
  // Beside "owner, a process born just now": the same question, without the reader.
  kj::Vector<double> times;
  for (int i = 0; i < 20; i++) {
    int told[2];
    KJ_SYSCALL(pipe(told));
    pid_t owner = children.start([&]() {
      int own = makeSocket();
      sockaddr_in any{};
      any.sin_family = AF_INET;
      KJ_SYSCALL(bind(own, reinterpret_cast<sockaddr*>(&any), sizeof any));
      uint64_t number = inodeOf(own);
      KJ_SYSCALL(write(told[1], &number, sizeof number));
    });
    uint64_t inode = 0;
    KJ_SYSCALL(read(told[0], &inode, sizeof inode));
    close(told[0]);
    close(told[1]);
    double start = nowUs();
    pid_t found = bench::holderByWalking("/proc/net/udp", inode);
    times.add(nowUs() - start);
    KJ_REQUIRE(found == owner, found, owner);
    children.stopLast();
  }
  print("the same by /proc/net/udp and every descriptor of every process", times);
}

void measureNobody(Reader& reader) {
  kj::Vector<double> times;
  int fd = makeSocket();
  uint64_t inode = inodeOf(fd);
  close(fd);
  int late = 0;
  for (int i = 0; i < 5; i++)
    times.add(reader.ask(
        Kind::OWNER, [&](Question::Builder question) { question.setInode(inode); },
        [&](Answer::Reader answer) { late += answer.getError() == ETIME; }));
  print("owner, nobody holds it", times);
  printf("  %d of 5 were out of time\n", late);
}

void measureDescribe(Reader& reader) {
  kj::Vector<double> times;
  for (int i = 0; i < 2000; i++)
    times.add(reader.ask(
        Kind::DESCRIBE, [](Question::Builder question) { question.setPid(getpid()); },
        [](Answer::Reader answer) { KJ_REQUIRE(answer.getError() == 0, answer); }));
  print("describe", times);
}

void measureBinary(Reader& reader) {
  kj::Vector<double> times;
  for (int i = 0; i < 2000; i++)
    times.add(reader.ask(
        Kind::BINARY, [](Question::Builder question) { question.setPid(getpid()); },
        [](Answer::Reader answer) { KJ_REQUIRE(answer.getError() == 0, answer); }));
  print("binary (descriptor not received)", times);
}

void measureUnknownKind(Reader& reader) {
  kj::Vector<double> times;
  for (int i = 0; i < 5000; i++)
    times.add(reader.ask(
        Kind(77), [](Question::Builder question) {},
        [](Answer::Reader answer) { KJ_REQUIRE(answer.getError() == ENOSYS, answer); }));
  print("a question that needs no look", times);
}

struct Held {
  uint64_t inode;
  pid_t pid;
  int fd;
};

kj::Vector<Held> startHolders(Children& children, int holders, int sockets) {
  kj::Vector<Held> all;
  for (int i = 0; i < holders; i++) {
    int told[2];
    KJ_SYSCALL(pipe(told));
    pid_t pid = children.start([&]() {
      for (int k = 0; k < sockets; k++) {
        int fd = makeSocket();
        Held held{inodeOf(fd), getpid(), fd};
        KJ_SYSCALL(write(told[1], &held, sizeof held));
      }
      close(told[1]);
    });
    close(told[1]);
    Held held;
    while (read(told[0], &held, sizeof held) == ssize_t(sizeof held)) all.add(held);
    close(told[0]);
    KJ_REQUIRE(all.back().pid == pid);
  }
  return all;
}

void measureHolders(Reader& reader, kj::ArrayPtr<const Held> all) {
  uint64_t random = 88172645463325252ull;
  kj::Vector<double> times;
  int wrong = 0, steps[5] = {};
  double start = nowUs();
  for (int i = 0; i < 5000; i++) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    Held held = all[random % all.size()];
    times.add(reader.ask(
        Kind::OWNER,
        [&](Question::Builder question) {
          question.setInode(held.inode);
          question.setUid(getuid());
        },
        [&](Answer::Reader answer) {
          wrong += answer.getPid() != held.pid || answer.getFd() != held.fd;
          steps[answer.getStep()]++;
        }));
  }
  double took = nowUs() - start;
  auto what = kj::str("owner, any of ", all.size(), " sockets, no hint");
  print(what.cStr(), times);
  printf("  steps: hint %d, newer %d, same uid %d, all %d, seen %d; not found %d; %.1f ms in all\n",
         steps[0], steps[1], steps[2], steps[3], steps[4], wrong, took / 1000);
}

void measureGrowing(Reader& reader) {
  // One process with a thousand sockets opens another: the holder is known, the socket is new.
  kj::Vector<int> fds;
  for (int i = 0; i < 1000; i++) fds.add(makeSocket());
  kj::Vector<double> times;
  for (int i = 0; i < 500; i++) {
    fds.add(makeSocket());
    times.add(reader.ask(
        Kind::OWNER,
        [&](Question::Builder question) {
          question.setInode(inodeOf(fds.back()));
          question.setUid(getuid());
          question.setHintPid(getpid());
          question.setHintFd(fds[fds.size() - 40]);
        },
        [&](Answer::Reader answer) { KJ_REQUIRE(answer.getPid() == getpid(), answer); }));
  }
  print("owner, the hint's newest of 1,000 descriptors", times);
  for (int fd : fds) close(fd);
}

}  // namespace
}  // namespace portreeve::reader

int main(int argc, char** argv) {
  using namespace portreeve::reader;
  KJ_REQUIRE(argc >= 2, "usage: reader-bench PATH-OF-READER [IDLE [HOLDERS SOCKETS]]");
  int idle = argc > 2 ? atoi(argv[2]) : 0;
  int holders = argc > 4 ? atoi(argv[3]) : 0;
  int sockets = argc > 4 ? atoi(argv[4]) : 0;
  signal(SIGPIPE, SIG_IGN);
  rlimit files{65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  Reader reader(argv[1]);
  Children children;
  for (int i = 0; i < idle; i++) children.start([]() {});
  auto held = startHolders(children, holders, sockets);
  printf("%-64s %8s %8s %8s\n", "", "median", "99 %", "worst");
  measureUnknownKind(reader);
  measureHint(reader);
  measureNewborn(reader, children);
  measureWalking(children);
  measureGrowing(reader);
  measureDescribe(reader);
  measureBinary(reader);
  if (!held.empty()) measureHolders(reader, held);
  measureNobody(reader);
  return 0;
}
