// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/notify-socket.h"

#include "common/unix-listener.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::cli {
namespace {

constexpr size_t LONGEST_MESSAGE = 4096;

kj::AutoCloseFd makeSocket(kj::StringPtr path) {
  auto fd = bindUnixSocket(path, SOCK_DGRAM | SOCK_NONBLOCK, 0666, {0, 0});
  int yes = 1;
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes));
  return fd;
}

pid_t senderOf(msghdr& message) {
  pid_t pid = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS) continue;
    ucred credentials;
    memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
    pid = credentials.pid;
  }
  return pid;
}

}  // namespace

NotifySocket::NotifySocket(kj::UnixEventPort& port, kj::StringPtr path)
    : fd(makeSocket(path)), observer(port, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

kj::Promise<void> NotifySocket::receive(OnMessage given) {
  onMessage = kj::mv(given);
  return receiveMore();
}

kj::Promise<void> NotifySocket::receiveMore() {
  while (receiveOne()) {
  }
  return observer.whenBecomesReadable().then([this]() { return receiveMore(); });
}

bool NotifySocket::receiveOne() {
  char text[LONGEST_MESSAGE + 1];
  iovec content{text, LONGEST_MESSAGE};
  // Room for the credentials alone: descriptors that somebody sends along are closed by the kernel.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (length < 0 && errno == EINTR) return true;
  if (length < 0) return false;
  text[length] = 0;
  onMessage(senderOf(message), text);
  return true;
}

}  // namespace portreeve::cli
