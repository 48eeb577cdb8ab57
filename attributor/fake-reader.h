// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: the other end of a ReaderLink, in the same thread, and a clock that stands still until
// it is moved.
#pragma once

#include "attributor/examination.h"
#include "attributor/reader-link.h"
#include "common/log.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <string>

namespace portreeve::attributor {

class FakeReader {
public:
  using Kind = proto::reader::Question::Kind;
  struct Asked {
    Kind kind;
    uint64_t inode;
    int32_t pid, hintPid, hintFd;
    uint8_t table;
    bool listens;
  };

  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  bool away;  // nobody listens
  uint dialled = 0;
  ReaderLink link{io.unixEventPort, timer, [this]() { return dial(); }};

  explicit FakeReader(bool away = false)
      : away(away), running(link.run().eagerlyEvaluate(nullptr)) {}

  void connect() {
    // Answers the question that every connection begins with.
    turn();
    REQUIRE(KJ_ASSERT_NONNULL(next()).kind == Kind::STATUS);
    answer([](auto) {});
  }

  void turn() { io.waitScope.poll(); }
  void advance(kj::Duration time) {
    // In small steps, as a clock does.
    auto end = timer.now() + time;
    while (timer.now() < end) {
      timer.advanceTo(kj::min(end, timer.now() + 5 * kj::MILLISECONDS));
      turn();
    }
  }

  kj::Maybe<Asked> next() {
    turn();
    capnp::word buffer[64];
    ssize_t got = recv(peer, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0) return nullptr;
    capnp::FlatArrayMessageReader message(kj::arrayPtr(buffer, size_t(got) / sizeof(capnp::word)));
    auto asked = message.getRoot<proto::reader::Question>();
    return Asked{asked.getKind(),   asked.getInode(), asked.getPid(),    asked.getHintPid(),
                 asked.getHintFd(), asked.getTable(), asked.getListens()};
  }

  template <typename Fill>
  void answerWith(int descriptor, Fill&& fill) {
    capnp::MallocMessageBuilder message;
    fill(message.initRoot<proto::reader::Answer>());
    auto flat = capnp::messageToFlatArray(message);
    auto bytes = flat.asBytes();
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)]{};
    iovec part{bytes.begin(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    auto rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    KJ_SYSCALL(sendmsg(peer, &header, MSG_NOSIGNAL));
    turn();
  }
  template <typename Fill>
  void answer(Fill&& fill) {
    capnp::MallocMessageBuilder message;
    fill(message.initRoot<proto::reader::Answer>());
    auto flat = capnp::messageToFlatArray(message);
    sendBytes(flat.asBytes());
  }
  void answerError(int error) {
    answer([error](proto::reader::Answer::Builder a) { a.setError(error); });
  }
  void sendBytes(kj::ArrayPtr<const kj::byte> bytes) {
    KJ_SYSCALL(send(peer, bytes.begin(), bytes.size(), MSG_NOSIGNAL));
    turn();
  }
  void hangUp() {
    peer = nullptr;
    turn();
  }

private:
  kj::AutoCloseFd peer;
  kj::Promise<void> running;

  kj::AutoCloseFd dial() {
    dialled++;
    KJ_REQUIRE(!away, "nobody listens");
    int fds[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
    peer = kj::AutoCloseFd(fds[1]);
    return kj::AutoCloseFd(fds[0]);
  }
};

struct FakeExaminer final : public Examiner {
  // Finds nothing out, ever.
  void examine(const std::shared_ptr<ProcessFacts>&, proto::reader::Answer::Reader) override {}
};

struct FakeProcess {
  // What the reader would say of one.
  int32_t pid = 100;
  int fd = 3;
  uint64_t startTicks = 5000;
  uint64_t argStart = 0x7fff1000;
  uint64_t device = 1, inode = 500, birth = 77;
  uint32_t links = 1;
  uint64_t size = 1000;
  int64_t modified = 5, changed = 6;
  uint64_t hostDevice = 1, hostInode = 500;
  uint64_t mounts = 9, hostMounts = 9;
  std::string exe = "/usr/bin/curl";
  std::string comm = "curl";
  std::string commandLine = std::string("curl\0example.org\0", 17);
  std::string cgroup = "0::/system.slice/ssh.service\n";
  std::string workingDirectory = "/srv";
  std::string appImage;
  bool shared = false;

  void binary(proto::reader::Answer::Builder answer) const { key(answer); }
  void owner(proto::reader::Answer::Builder answer) const {
    key(answer);
    answer.setFd(fd);
    answer.setShared(shared);
    answer.setNewestPid(pid);
  }
  void describe(proto::reader::Answer::Builder answer) const {
    key(answer);
    answer.setHostDevice(hostDevice);
    answer.setHostInode(hostInode);
    answer.setFileBirth(birth);
    answer.setMountNamespace(mounts);
    answer.setHostMountNamespace(hostMounts);
    answer.setExe(bytes(exe));
    answer.setStat(bytes(std::to_string(pid) + " (" + comm + ") S 1 1"));
    answer.setCommandLine(bytes(commandLine));
    answer.setCgroup(bytes(cgroup));
    answer.setWorkingDirectory(bytes(workingDirectory));
    answer.setAppImage(bytes(appImage));
    answer.setUid(1001);
    answer.setGid(101);
    auto parents = answer.initParents(1);
    parents[0].setPid(1);
    parents[0].setExe(bytes("/usr/lib/systemd/systemd"));
  }

  static capnp::Data::Reader bytes(const std::string& text) {
    return {reinterpret_cast<const kj::byte*>(text.data()), text.size()};
  }

private:
  void key(proto::reader::Answer::Builder answer) const {
    answer.setPid(pid);
    answer.setStartTicks(startTicks);
    answer.setArgStart(argStart);
    answer.setFileDevice(device);
    answer.setFileInode(inode);
    answer.setFileLinks(links);
    answer.setFileSize(size);
    answer.setFileModified(modified);
    answer.setFileChanged(changed);
  }
};

}  // namespace portreeve::attributor
