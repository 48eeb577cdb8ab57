// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/connect-race.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <sys/socket.h>

#include <map>
#include <string>

namespace portreeve::gate17 {
namespace {

SocketAddress at(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(SocketAddress::parse(text));
}

struct Site {
  // Addresses that answer, refuse or say nothing, as the test has it, and a clock of its own.
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  kj::Vector<kj::String> dialled;
  std::map<std::string, bool> answers;  // true: at once; false: refused; not there: never
  ConnectRace::Addresses further;
  unsigned askedForMore = 0;

  kj::Promise<kj::Own<Socket>> dial(const SocketAddress& where) {
    auto text = where.toString();
    dialled.add(kj::str(text));
    auto known = answers.find(text.cStr());
    if (known == answers.end()) return kj::NEVER_DONE;
    if (!known->second)
      return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                           kj::str(text, " refuses"));
    int ends[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
    kj::AutoCloseFd other(ends[1]);
    return kj::heap<Socket>(io.unixEventPort, kj::AutoCloseFd(ends[0]));
  }

  kj::Promise<ConnectRace::Winner> race(std::initializer_list<kj::StringPtr> candidates) {
    ConnectRace::Addresses all;
    for (auto one : candidates) all.add(at(one));
    auto made = kj::heap<ConnectRace>(
        timer, kj::mv(all), [this](const SocketAddress& where) { return dial(where); },
        [this]() -> kj::Promise<ConnectRace::Addresses> {
          askedForMore++;
          return kj::mv(further);
        });
    auto run = made->run();
    return run.attach(kj::mv(made));
  }

  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    kj::evalLater([]() {}).wait(io.waitScope);
  }
  kj::String seen() { return kj::strArray(dialled, " "); }
};

TEST_CASE("the first address that answers is taken, and no other is tried") {
  Site site;
  site.answers["[2001:db8::1]:17"] = true;
  auto won = site.race({"[2001:db8::1]:17", "192.0.2.1:17"}).wait(site.io.waitScope);
  CHECK(won.where.toString() == "[2001:db8::1]:17");
  CHECK(site.seen() == "[2001:db8::1]:17");
  CHECK(site.askedForMore == 0);
}

TEST_CASE("where an address refuses the next is tried at once") {
  Site site;
  site.answers["[2001:db8::1]:17"] = false;
  site.answers["192.0.2.1:17"] = true;
  auto won = site.race({"[2001:db8::1]:17", "192.0.2.1:17"}).wait(site.io.waitScope);
  CHECK(won.where.toString() == "192.0.2.1:17");
}

TEST_CASE("where an address says nothing the next is tried beside it a quarter of a second later") {
  Site site;
  site.answers["192.0.2.1:17"] = true;
  auto race = site.race({"[2001:db8::1]:17", "192.0.2.1:17"});
  CHECK_FALSE(race.poll(site.io.waitScope));
  site.pass(240 * kj::MILLISECONDS);
  CHECK_FALSE(race.poll(site.io.waitScope));
  site.pass(20 * kj::MILLISECONDS);
  CHECK(race.wait(site.io.waitScope).where.toString() == "192.0.2.1:17");
}

TEST_CASE("where none answers further addresses are asked for, once, and tried") {
  Site site;
  site.further.add(at("192.0.2.1:17"));
  site.further.add(at("192.0.2.2:17"));
  site.answers["192.0.2.2:17"] = true;
  SUBCASE("because all refuse: at once") {
    site.answers["192.0.2.1:17"] = false;
  }
  SUBCASE("because they say nothing: a second later") {}
  auto race = site.race({"192.0.2.1:17"});
  if (site.answers.count("192.0.2.1:17") == 0) {
    CHECK_FALSE(race.poll(site.io.waitScope));
    site.pass(1010 * kj::MILLISECONDS);
  }
  CHECK(race.wait(site.io.waitScope).where.toString() == "192.0.2.2:17");
  CHECK(site.seen() == "192.0.2.1:17 192.0.2.2:17");
  CHECK(site.askedForMore == 1);
}

TEST_CASE("when all have failed it is said what each of them said") {
  Site site;
  site.answers["[2001:db8::1]:17"] = false;
  site.answers["192.0.2.1:17"] = false;
  auto e = KJ_ASSERT_NONNULL(kj::runCatchingExceptions([&]() {
    site.race({"[2001:db8::1]:17", "192.0.2.1:17"}).wait(site.io.waitScope);
  }));
  CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
  CHECK(e.getDescription() == "[2001:db8::1]:17 refuses; 192.0.2.1:17 refuses");
}

TEST_CASE("a race that nobody waits for any more ends") {
  Site site;
  auto race = site.race({"192.0.2.1:17", "192.0.2.2:17"});
  CHECK_FALSE(race.poll(site.io.waitScope));
  race = nullptr;
  site.pass(1 * kj::SECONDS);
  CHECK(site.seen() == "192.0.2.1:17");
}

}  // namespace
}  // namespace portreeve::gate17
