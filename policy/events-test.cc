// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/events.h"

#include "policy/test-flows.h"
#include "policy/test-folders.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <map>
#include <string>

namespace portreeve::policy {
namespace {

using Fields = std::map<std::string, std::string>;

class TestJournal {
  // Speaks the receiving side of the protocol.
public:
  TestFolder folder;
  kj::String path = folder.path("socket");
  kj::AutoCloseFd socket;

  TestJournal() { open(); }

  void open() {
    socket = nullptr;
    unlink(path.cStr());
    int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    KJ_ASSERT(fd >= 0);
    socket = kj::AutoCloseFd(fd);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path.cStr(), path.size());
    KJ_SYSCALL(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  }

  Fields next() {
    char buffer[65536];
    ssize_t size = recv(socket.get(), buffer, sizeof buffer, 0);
    if (size < 0) return {};
    return parse(std::string(buffer, size_t(size)));
  }

  static Fields parse(const std::string& entry) {
    Fields fields;
    size_t at = 0;
    while (at < entry.size()) {
      size_t end = entry.find('\n', at);
      auto line = entry.substr(at, end - at);
      auto equals = line.find('=');
      if (equals != std::string::npos) {
        fields[line.substr(0, equals)] = line.substr(equals + 1);
        at = end + 1;
        continue;
      }
      uint64_t size = 0;
      for (unsigned i = 0; i < 8; i++) size |= uint64_t(uint8_t(entry[end + 1 + i])) << (8 * i);
      fields[line] = entry.substr(end + 9, size);
      at = end + 9 + size + 1;
    }
    return fields;
  }
};

struct TestEvents {
  TestJournal receiver;
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  FlowTable flows;
  Journal journal{receiver.path};
  Events events{flows, rules::testUsers(), timer, journal};

  void refuse(uint16_t port = 40000, bool log = true) {
    auto flow = curlFlow(port);
    flow.judgement.verdict = proto::Verdict::BLOCK;
    flow.judgement.log = log;
    flows.changed(flows.add(kj::mv(flow)));
  }
};

TEST_CASE("a refused connection is one entry, with what one would search for as fields") {
  TestEvents test;
  test.refuse();
  auto fields = test.receiver.next();
  CHECK(fields["MESSAGE"] == "block: /usr/bin/curl to example.org (203.0.113.5), tcp 443");
  CHECK(fields["PORTREEVE_EVENT"] == "refused");
  CHECK(fields["PORTREEVE_PROGRAM"] == "/usr/bin/curl");
  CHECK(fields["PORTREEVE_USER"] == "alice");
  CHECK(fields["PORTREEVE_REMOTE"] == "203.0.113.5");
  CHECK(fields["PORTREEVE_RULE"] == "web");
  CHECK(fields["PRIORITY"] == "6");
  test.flows.newestFirst([&](const Flow& flow) {
    test.flows.changed(flow);
    return false;
  });
  CHECK(test.receiver.next().empty());
}

TEST_CASE("what is allowed, and what a rule keeps from the log, is no entry") {
  TestEvents test;
  test.flows.changed(test.flows.add(curlFlow()));
  test.refuse(40001, false);
  CHECK(test.receiver.next().empty());
}

TEST_CASE("a question and its answer are entries") {
  TestEvents test;
  Question question;
  question.id = 12;
  question.flow = curlFlow();
  test.events.asked(question);
  CHECK(test.receiver.next()["PORTREEVE_QUESTION"] == "12");
  Closed how{12,
             "answered",
             kj::str("allow"),
             kj::str("5m"),
             kj::str("host"),
             kj::str("r"),
             kj::str("alice (uid 1000)")};
  test.events.closed(question, how);
  auto fields = test.receiver.next();
  CHECK(fields["PORTREEVE_EVENT"] == "answered");
  CHECK(fields["PORTREEVE_BY"] == "alice (uid 1000)");
  CHECK(fields["MESSAGE"] == "question 12 is answered by alice (uid 1000): allow");
}

TEST_CASE("a mode that begins, and one that ends by itself, are entries") {
  TestEvents test;
  test.events.turned({rules::Mode::LOCKDOWN, "begun", "uid 0", 1'000'000'000});
  auto fields = test.receiver.next();
  CHECK(fields["PORTREEVE_EVENT"] == "mode");
  CHECK(fields["PORTREEVE_MODE"] == "lockdown");
  CHECK(fields["PORTREEVE_UNTIL"].substr(0, 19) == "1970-01-01T00:00:01");
  CHECK(fields["MESSAGE"] == "lockdown is begun by uid 0");
  test.events.turned({rules::Mode::PAUSE, "expired", nullptr});
  fields = test.receiver.next();
  CHECK(fields["MESSAGE"] == "pause is expired");
  CHECK(fields.count("PORTREEVE_BY") == 0);
}

TEST_CASE("a change of rules is an entry with who made it and in which files") {
  TestEvents test;
  Change change;
  change.who = kj::str("alice (uid 1000), pid 7");
  change.what = kj::str("rule \"web\" was added");
  change.files.add(ChangedFile{kj::str("web.toml"), true});
  test.events.changed(change);
  auto fields = test.receiver.next();
  CHECK(fields["PORTREEVE_EVENT"] == "changed");
  CHECK(fields["MESSAGE"] == "rule \"web\" was added, by alice (uid 1000), pid 7");
  CHECK(fields["PORTREEVE_FILES"] == "web.toml");
}

TEST_CASE("a value of several lines goes whole, and cannot pass for another field") {
  kj::Vector<JournalField> fields;
  fields.add(JournalField{"PORTREEVE_PROGRAM", kj::str("/tmp/a\nPRIORITY=0")});
  fields.add(JournalField{"MESSAGE", kj::str("x")});
  auto entry = journalEntry(fields);
  auto parsed = TestJournal::parse(std::string(entry.asChars().begin(), entry.size()));
  CHECK(parsed.size() == 2);
  CHECK(parsed["PORTREEVE_PROGRAM"] == "/tmp/a\nPRIORITY=0");
}

TEST_CASE("a flood is bounded, and a journal that is away or full is never waited for") {
  TestEvents test;
  for (uint16_t i = 0; i < 1000; i++) test.refuse(uint16_t(1000 + i));
  CHECK(test.events.beyond() == 1000 - Events::MOST_A_SECOND);
  CHECK(test.journal.sent() + test.journal.lost() == Events::MOST_A_SECOND);
  test.receiver.open();
  test.timer.advanceTo(test.timer.now() + 2 * kj::SECONDS);
  test.refuse(9);
  CHECK(test.receiver.next()["PORTREEVE_LOCAL_PORT"] == "9");
}

}  // namespace
}  // namespace portreeve::policy
