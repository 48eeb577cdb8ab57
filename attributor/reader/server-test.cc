// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/server.h"

#include "attributor/reader/test-child.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <doctest/doctest.h>
#include <string.h>
#include <sys/un.h>

#include <random>

namespace portreeve::reader {
namespace {

using proto::reader::Answer;
using proto::reader::Question;

struct Conversation {
  // A connection to a responder, without a server around it.
  SlowLane slowLane{2};
  OwnStatus status{Role::READER};
  Responder responder{openProc(), slowLane, status};
  kj::AutoCloseFd asker, answerer;
  capnp::word buffer[ANSWER_WORDS];
  kj::Maybe<capnp::FlatArrayMessageReader> received;
  kj::AutoCloseFd descriptor;

  Conversation() {
    int fds[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds));
    asker = kj::AutoCloseFd(fds[0]);
    answerer = kj::AutoCloseFd(fds[1]);
  }

  bool say(kj::ArrayPtr<const kj::byte> bytes) {
    KJ_SYSCALL(send(asker, bytes.begin(), bytes.size(), 0));
    return exchange(answerer, responder);
  }

  template <typename Fill>
  Answer::Reader ask(Question::Kind kind, Fill&& fill) {
    capnp::MallocMessageBuilder message;
    auto question = message.initRoot<Question>();
    question.setKind(kind);
    fill(question);
    REQUIRE(say(capnp::messageToFlatArray(message).asBytes()));
    return hear();
  }
  Answer::Reader ask(Question::Kind kind) {
    return ask(kind, [](Question::Builder) {});
  }

  Answer::Reader hear() {
    iovec part{buffer, sizeof buffer};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t size;
    KJ_SYSCALL(size = recvmsg(asker, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    CHECK((header.msg_flags & MSG_TRUNC) == 0);
    if (header.msg_controllen > 0) {
      int fd;
      memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
      descriptor = kj::AutoCloseFd(fd);
    }
    return received.emplace(kj::arrayPtr(buffer, size_t(size) / sizeof(capnp::word)))
        .getRoot<Answer>();
  }
};

TEST_CASE("a socket's owner is answered over the connection") {
  Conversation c;
  auto socket = makeSocket();
  auto answer = c.ask(Question::Kind::OWNER, [&](Question::Builder question) {
    question.setInode(inodeOf(socket));
    question.setHintPid(getpid());
    question.setHintFd(socket);
    question.setUid(getuid());
  });
  CHECK(answer.getError() == 0);
  CHECK(answer.getPid() == getpid());
  CHECK(answer.getFd() == socket.get());
  CHECK(answer.getStartTicks() > 0);
  CHECK(answer.getArgStart() > 0);
  CHECK(answer.getFileInode() != 0);
  CHECK(c.responder.counts.found == 1);
}

struct Newborn {
  // Of a program that is not known, as far as it can be told in one exchange.
  int32_t pid;
  uint32_t uid;
  uint64_t startTicks, fileInode;
  kj::String commandLine;

  explicit Newborn(Answer::Reader answer)
      : pid(answer.getPid()),
        uid(answer.getUid()),
        startTicks(answer.getStartTicks()),
        fileInode(answer.getFileInode()),
        commandLine(kj::heapString(answer.getCommandLine().asChars())) {}
  bool operator==(const Newborn& other) const = default;
};

TEST_CASE("whoever was born since the last question is described with the answer") {
  Conversation c;
  for (bool listens : {false, true}) {
    // Held on to by the parent; by the child at 5, as if it was handed over to it.
    auto socket = makeSocket();
    TestChild child([&]() {
      if (dup2(socket, 5) < 0 || close(socket) != 0) _exit(94);
      running("/bin/cat", "-")();
    });
    auto found = Newborn(c.ask(Question::Kind::OWNER, [&](Question::Builder question) {
      question.setInode(inodeOf(socket));
      question.setUid(getuid());
      question.setNewerThan(child.pid - 1);
      question.setListens(listens);
      if (listens) question.setHintPid(getpid());
      if (listens) question.setHintFd(socket);
    }));
    auto described = Newborn(
        c.ask(Question::Kind::DESCRIBE, [&](auto question) { question.setPid(child.pid); }));
    CHECK(found.pid == child.pid);
    CHECK(found.uid == geteuid());
    CHECK(found.commandLine.startsWith("/bin/cat"));
    CHECK(found == described);
  }
}

TEST_CASE("questions that make no sense are answered with a reason") {
  Conversation c;
  CHECK(c.ask(Question::Kind::OWNER).getError() == EINVAL);
  CHECK(c.ask(Question::Kind::DESCRIBE).getError() == ESRCH);
  CHECK(c.ask(Question::Kind::BINARY).getError() == ESRCH);
  CHECK(c.ask(Question::Kind(99)).getError() == ENOSYS);
  auto answer = c.ask(Question::Kind::PROC_NET, [](auto question) { question.setTable(10); });
  CHECK(answer.getError() == EINVAL);
}

TEST_CASE("a program's file comes as a descriptor") {
  Conversation c;
  auto answer = c.ask(Question::Kind::BINARY, [](auto question) { question.setPid(getpid()); });
  REQUIRE(answer.getError() == 0);
  REQUIRE(c.descriptor.get() >= 0);
  CHECK(inodeOf(c.descriptor) == answer.getFileInode());
  CHECK((fcntl(c.descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY);
}

TEST_CASE("a table of the network comes as the kernel writes it") {
  Conversation c;
  auto answer = c.ask(Question::Kind::PROC_NET, [](auto question) { question.setTable(2); });
  if (answer.getError() == ENOENT) return;
  REQUIRE(answer.getError() == 0);
  auto text = kj::heapString(answer.getTable().asChars());
  CHECK(text.size() > 0);
  CHECK(text.endsWith("\n"));
  CHECK_FALSE(answer.getTruncated());
}

TEST_CASE("its own status is what the kernel says of it") {
  Conversation c;
  c.status.setState("running");
  auto answer = c.ask(Question::Kind::STATUS);
  REQUIRE(answer.getCounters().size() == 4);
  CHECK(answer.getCounters()[0] == 1);
  auto bytes = answer.getReport();
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  memcpy(words.begin(), bytes.begin(), bytes.size());
  capnp::FlatArrayMessageReader report(words);
  auto status = report.getRoot<proto::view::ProcessStatus>();
  CHECK(status.getName() == "reader");
  CHECK(status.getPid() == getpid());
  CHECK(status.getUid() == getuid());
  CHECK(status.getState() == "running");
}

TEST_CASE("what is no question closes the connection") {
  kj::byte garbage[600]{};
  memset(garbage, 0xff, sizeof garbage);
  for (size_t size : {1, 7, 8, 16, 512, 520, 600}) {
    Conversation c;
    CHECK_FALSE(c.say(kj::arrayPtr(garbage, size)));
    CHECK(c.responder.counts.malformed == 1);
  }
}

TEST_CASE("a peer that has gone closes the connection") {
  Conversation c;
  c.asker = kj::AutoCloseFd();
  CHECK_FALSE(exchange(c.answerer, c.responder));
}

TEST_CASE("no question yet is no reason to close") {
  Conversation c;
  CHECK(exchange(c.answerer, c.responder));
}

TEST_CASE("random bytes and questions with flipped bits never do harm") {
  Conversation c;
  std::mt19937_64 random(20261125);
  capnp::MallocMessageBuilder message;
  auto question = message.initRoot<Question>();
  question.setPid(getpid());
  question.setInode(1);
  auto valid = capnp::messageToFlatArray(message);
  kj::byte bytes[QUESTION_BYTES + 16];
  for (int i = 0; i < 20000; i++) {
    size_t size = 1 + random() % sizeof bytes;
    if (i % 2 == 0) {
      for (auto& byte : bytes) byte = kj::byte(random());
    } else {
      size = valid.asBytes().size();
      memcpy(bytes, valid.begin(), size);
      for (unsigned flips = 1 + unsigned(random() % 4); flips > 0; flips--)
        bytes[random() % size] ^= kj::byte(1u << random() % 8);
    }
    if (c.say(kj::arrayPtr(bytes, size))) (void)c.hear().totalSize();
    c.descriptor = kj::AutoCloseFd();
  }
  CHECK(c.responder.counts.questions == 20000);
  CHECK(c.responder.counts.malformed > 5000);
}

TEST_CASE("the attributor and root may ask, nobody else of the suite or outside") {
  auto accounts = Accounts::read();
  auto may = [&](uid_t uid) {
    Peer peer;
    peer.uid = uid;
    return mayAsk(Entitlement(kj::mv(peer), accounts));
  };
  CHECK(may(0));
  CHECK(may(accounts.of(Role::ATTRIBUTOR).uid));
  for (Role role : {Role::INTERCEPTOR, Role::READER, Role::RESOLVER, Role::POLICY, Role::GATEWAY})
    CHECK_FALSE(may(accounts.of(role).uid));
  CHECK_FALSE(may(65534));
}

struct Listening {
  // A server in a process of its own.
  sockaddr_un address{};
  socklen_t length = sizeof address;
  pid_t server = 0;

  Listening() {
    int fd;
    KJ_SYSCALL(fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    kj::AutoCloseFd socket(fd);
    address.sun_family = AF_UNIX;  // a name of its own choice: unix(7), autobind
    KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)));
    KJ_SYSCALL(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length));
    KJ_SYSCALL(listen(fd, 8));
    KJ_SYSCALL(server = fork());
    if (server != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto termination = takeSignals();
    auto accounts = Accounts::read();
    SlowLane slowLane(1);
    OwnStatus status(Role::READER);
    Responder responder(openProc(), slowLane, status);
    Server(kj::mv(socket), kj::mv(termination), accounts, responder).serve();
    _exit(int(responder.counts.notEntitled));
  }
  ~Listening() {
    if (server > 0) stop();
  }

  int stop() {
    int status = 0;
    kill(server, SIGTERM);
    waitpid(server, &status, 0);
    server = 0;
    return status;
  }

  kj::AutoCloseFd dial() const {
    int fd;
    KJ_SYSCALL(fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    kj::AutoCloseFd result(fd);
    KJ_SYSCALL(connect(fd, reinterpret_cast<const sockaddr*>(&address), length));
    return result;
  }

  static ssize_t askStatus(int fd) {
    capnp::MallocMessageBuilder message;
    message.initRoot<Question>().setKind(Question::Kind::STATUS);
    auto words = capnp::messageToFlatArray(message);
    if (send(fd, words.begin(), words.asBytes().size(), MSG_NOSIGNAL) < 0) return 0;
    char answer[4096];
    ssize_t got = recv(fd, answer, sizeof answer, 0);
    return got < 0 ? 0 : got;  // closed before it was read: ECONNRESET
  }
};

TEST_CASE("many may be connected, each is answered, and SIGTERM ends it cleanly") {
  if (getuid() != 0) return;
  Listening listening;
  kj::Vector<kj::AutoCloseFd> connections;
  for (int i = 0; i < 8; i++) connections.add(listening.dial());
  for (int round = 0; round < 3; round++)
    for (auto& connection : connections) CHECK(Listening::askStatus(connection) > 0);
  CHECK(Listening::askStatus(listening.dial()) == 0);  // one too many
  connections[3] = kj::AutoCloseFd();
  CHECK(Listening::askStatus(connections[7]) > 0);
  CHECK(listening.stop() == 0);
}

TEST_CASE("one that sends garbage is closed, and the others go on") {
  if (getuid() != 0) return;
  Listening listening;
  auto good = listening.dial(), bad = listening.dial();
  CHECK(Listening::askStatus(good) > 0);
  REQUIRE(send(bad, "garbage", 7, 0) == 7);
  char byte;
  CHECK(recv(bad, &byte, 1, 0) <= 0);
  CHECK(Listening::askStatus(good) > 0);
  CHECK(listening.stop() == 0);
}

TEST_CASE("a stranger is closed without an answer and counted") {
  if (getuid() != 0) return;
  Listening listening;
  pid_t stranger = fork();
  if (stranger == 0) {
    if (setuid(65534) != 0) _exit(99);
    _exit(Listening::askStatus(listening.dial()) == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(stranger, &status, 0) == stranger);
  CHECK(status == 0);
  CHECK(WEXITSTATUS(listening.stop()) == 1);
}

}  // namespace
}  // namespace portreeve::reader
