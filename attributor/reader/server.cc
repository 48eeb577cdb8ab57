// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/server.h"

#include "common/log.h"

#include <errno.h>
#include <kj/debug.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

namespace portreeve::reader {
namespace {

constexpr timeval ANSWER_PATIENCE{1, 0};
// For a peer that has filled its socket with answers.

class Watchdog {
  // Should the kernel hold one question for two seconds, this process ends (SIGALRM) and is started
  // again: better no answer than none ever. It works in the kernel's "killable" waits as well.
public:
  Watchdog() { set(2); }
  ~Watchdog() { set(0); }
  KJ_DISALLOW_COPY(Watchdog);

private:
  static void set(time_t seconds) {
    itimerval time{};
    time.it_value.tv_sec = seconds;
    setitimer(ITIMER_REAL, &time, nullptr);
  }
};

bool send(int socket, const Responder::Reply& reply) {
  iovec part{const_cast<capnp::word*>(reply.message.begin()), reply.message.asBytes().size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  KJ_IF_MAYBE (descriptor, reply.descriptor) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), descriptor, sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

}  // namespace

bool mayAsk(const Entitlement& peer) {
  return peer.isRoot() || peer.is(Role::ATTRIBUTOR);
}

bool exchange(int socket, Responder& responder) {
  capnp::word question[QUESTION_BYTES / sizeof(capnp::word)];
  ssize_t size = recv(socket, question, sizeof question, MSG_DONTWAIT | MSG_TRUNC);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  Watchdog watchdog;
  // Longer than the buffer, or no whole words: not a message at all.
  size_t words = size_t(size) > sizeof question || size_t(size) % sizeof(capnp::word) != 0
                     ? 0
                     : size_t(size) / sizeof(capnp::word);
  KJ_IF_MAYBE (reply, responder.answer(kj::arrayPtr(question, words))) return send(socket, *reply);
  return false;
}

kj::AutoCloseFd takeSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  KJ_SYSCALL(sigprocmask(SIG_SETMASK, &signals, nullptr));
  signal(SIGALRM, SIG_DFL);
  int fd;
  KJ_SYSCALL(fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  return kj::AutoCloseFd(fd);
}

Server::Server(kj::AutoCloseFd listeningSocket, kj::AutoCloseFd terminationSignal,
               const Accounts& accounts, Responder& responder)
    : listening(kj::mv(listeningSocket)),
      termination(kj::mv(terminationSignal)),
      accounts(accounts),
      responder(responder) {}

void Server::serve() {
  for (;;) {
    pollfd waited[CONNECTIONS_AT_MOST + 2];
    waited[0] = {termination.get(), POLLIN, 0};
    waited[1] = {listening.get(), POLLIN, 0};
    size_t count = connections.size();
    for (size_t i = 0; i < count; i++) waited[i + 2] = {connections[i].get(), POLLIN, 0};
    int ready;
    KJ_SYSCALL(ready = poll(waited, count + 2, -1));
    if (waited[0].revents != 0) return;

    // From the last, so that one that is closed does not move those to come.
    for (size_t i = count; i-- > 0;) {
      if (waited[i + 2].revents == 0 || exchange(connections[i], responder)) continue;
      connections[i] = kj::mv(connections.back());
      connections.removeLast();
    }
    if (waited[1].revents != 0) accept();
  }
}

void Server::accept() {
  int fd = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
      log::warning(kj::str("accepting a connection: ", strerror(errno)));
    return;
  }
  kj::AutoCloseFd connection(fd);
  Entitlement peer(Peer::of(fd), accounts);
  if (!mayAsk(peer)) {
    responder.counts.notEntitled++;
    log::warning(kj::str("refused ", peer.peer().toString(),
                         ": the reader answers the suite's attributor and root alone"));
    return;
  }
  if (connections.size() == CONNECTIONS_AT_MOST) {
    log::warning(kj::str("refused ", peer.peer().toString(), ": there are ", CONNECTIONS_AT_MOST,
                         " connections already"));
    return;
  }
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &ANSWER_PATIENCE, sizeof ANSWER_PATIENCE);
  connections.add(kj::mv(connection));
}

}  // namespace portreeve::reader
