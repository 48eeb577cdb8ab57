// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/process-events.h"

#include "interceptor/keeper/failure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <kj/debug.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portreeve::keeper {
namespace {

constexpr int BUFFER_BYTES = 1 << 20;  // some thousand events, for a reader that is away a while
constexpr int ANSWER_PATIENCE_MS = 200;

// The names of linux/cn_proc.h differ between kernels, the numbers do not.
constexpr uint32_t TOLD = 0;  // an answer to a question of ours
constexpr uint32_t EXECUTED = 0x00000002;
constexpr uint32_t ENDED = 0x80000000;

constexpr uint32_t EVENT = NLMSG_HDRLEN + sizeof(cn_msg);  // offsets in a datagram
constexpr uint32_t PROCESS = EVENT + offsetof(proc_event, event_data);
constexpr uint32_t THREAD = PROCESS, LEADER = PROCESS + 4;

struct Request {
  alignas(NLMSG_ALIGNTO) char bytes[NLMSG_SPACE(sizeof(cn_msg) + sizeof(uint32_t))]{};

  explicit Request(proc_cn_mcast_op operation) {
    auto header = reinterpret_cast<nlmsghdr*>(bytes);
    header->nlmsg_len = NLMSG_LENGTH(sizeof(cn_msg) + sizeof(uint32_t));
    header->nlmsg_type = NLMSG_DONE;
    auto message = static_cast<cn_msg*>(NLMSG_DATA(header));
    message->id.idx = CN_IDX_PROC;
    message->id.val = CN_VAL_PROC;
    message->len = sizeof(uint32_t);
    uint32_t word = operation;
    memcpy(message->data, &word, sizeof word);
  }
  size_t size() const { return reinterpret_cast<const nlmsghdr*>(bytes)->nlmsg_len; }
};

void attachFilter(int socket) {
  // BPF loads in network order what the kernel wrote in its own.
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, EVENT),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EXECUTED), 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(TOLD), 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(ENDED), 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, THREAD),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LEADER),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, ~0u),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  static_assert(sizeof program / sizeof *program == 10);
  sock_fprog filter{sizeof program / sizeof *program, program};
  KJ_SYSCALL(setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter));
  int on = 1;
  KJ_SYSCALL(setsockopt(socket, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on));
}

}  // namespace

ProcessEvents::ProcessEvents() {
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions([this]() { open(); })) {
    events = kj::AutoCloseFd();
    reason = kj::str(problem->getDescription());
  }
}

ProcessEvents::~ProcessEvents() noexcept(false) {
  if (events.get() < 0) return;
  Request request(PROC_CN_MCAST_IGNORE);
  send(events, request.bytes, request.size(), MSG_DONTWAIT);
}

kj::Maybe<int> ProcessEvents::socket() const {
  if (events.get() < 0) return nullptr;
  return events.get();
}

void ProcessEvents::open() {
  int fd;
  KJ_SYSCALL(
      fd = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR),
      "this kernel has no process events");
  events = kj::AutoCloseFd(fd);
  attachFilter(fd);
  int bytes = BUFFER_BYTES;
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
  listen();
  awaitAnswer();
}

void ProcessEvents::listen() {
  Request request(PROC_CN_MCAST_LISTEN);
  if (send(events, request.bytes, request.size(), 0) >= 0) return;
  if (errno == ECONNREFUSED)
    fail(kj::str("the kernel tells them in the first network namespace alone"));
  fail(kj::str("asking for them: ", strerror(errno)));
}

void ProcessEvents::awaitAnswer() {
  // In another process or user namespace the kernel does not even answer.
  pollfd waited{events.get(), POLLIN, 0};
  if (poll(&waited, 1, ANSWER_PATIENCE_MS) != 1)
    fail(kj::str("the kernel tells them in the first process and user namespaces alone"));
  for (;;) {
    char datagram[256];
    ssize_t got = recv(events, datagram, sizeof datagram, MSG_DONTWAIT);
    if (got < ssize_t(EVENT + sizeof(proc_event)))
      fail(kj::str("the kernel does not say whether it will tell them"));
    proc_event event;
    memcpy(&event, datagram + EVENT, sizeof event);
    if (uint32_t(event.what) != TOLD) continue;
    int error = int(event.event_data.ack.err);
    if (error != 0) fail(kj::str("the kernel refuses to tell them: ", strerror(error)));
    return;
  }
}

}  // namespace portreeve::keeper
