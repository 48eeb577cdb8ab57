// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/writer.h"
#include "history/reader.h"
#include "history/test-history.h"

#include <doctest/doctest.h>
#include <kj/async-unix.h>

namespace portreeve::history {
namespace {

struct Loop {
  kj::UnixEventPort port;
  kj::EventLoop loop{port};
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
};

struct Fixture {
  TestHistory h;
  Loop loop;
  Worker thread{64};
  Writer writer{loop.timer, thread, *h.engine};

  void pass(kj::Duration time) {
    loop.scope.poll();
    loop.timer.advanceTo(loop.timer.now() + time);
    loop.scope.poll();
  }
  template <typename T>
  T wait(kj::Promise<T> promise) {
    return promise.wait(loop.scope);
  }
};

TEST_CASE("a batch is answered when it is on the disk, and not before") {
  Fixture f;
  auto done = f.writer.write(batchOf({{.flow = 1}}));
  CHECK_FALSE(done.poll(f.loop.scope));
  f.pass(Writer::GATHER);
  f.wait(kj::mv(done));
  CHECK(f.h.count() == 1);
  CHECK(f.writer.counters().connections == 1);
}

TEST_CASE("batches that come together are written together") {
  Fixture f;
  kj::Vector<kj::Promise<void>> all;
  for (uint64_t i = 0; i < Writer::ENOUGH; i++) all.add(f.writer.write(batchOf({{.flow = i + 1}})));
  f.wait(kj::joinPromises(all.releaseAsArray()));
  CHECK(f.h.count() == Writer::ENOUGH);
}

TEST_CASE("while the disk takes nothing nobody is answered, and it is written when it does again") {
  Fixture f;
  std::filesystem::create_directory(f.h.folder.file().cStr());
  auto done = f.writer.write(batchOf({{.flow = 1}}));
  f.pass(Writer::GATHER);
  f.wait(f.thread.run([]() {}));  // behind the attempt
  f.loop.scope.poll();
  CHECK_FALSE(done.poll(f.loop.scope));
  CHECK(f.writer.trouble().size() > 0);
  std::filesystem::remove(f.h.folder.file().cStr());
  f.pass(Writer::BEFORE_AGAIN);
  f.wait(kj::mv(done));
  CHECK(f.writer.trouble() == "");
  CHECK(f.h.count() == 1);
}

TEST_CASE("before anything is recorded a reader says so; afterwards it reads what is there") {
  Fixture f;
  Worker reading(4);
  Reader reader(reading, *f.h.engine, f.h.folder.file(), 10 * NS_A_SECOND);
  auto count = [&]() {
    auto answer = f.wait(reader.ask([](Database& database) {
      auto message = kj::heap<capnp::MallocMessageBuilder>();
      message->initRoot<proto::view::Counter>().setValue(
          double(database.number("SELECT count(*) FROM connection")));
      return message;
    }));
    return answer->getRoot<proto::view::Counter>().getValue();
  };
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { count(); }))
    CHECK(e->getDescription() == "nothing has been recorded yet");
  else
    FAIL("there is nothing to be read");
  f.h.write({{.flow = 1}, {.flow = 2}});
  CHECK(count() == 2);
}

TEST_CASE("more questions than are allowed to wait are refused, the rest is answered") {
  Loop loop;
  Worker thread(2);
  std::mutex hold;
  hold.lock();
  auto first = thread.run([&]() { std::lock_guard<std::mutex> held(hold); });
  while (thread.waiting() > 0) {
  }
  auto second = thread.run([]() { return 2; });
  auto third = thread.run([]() { return 3; });
  auto fourth = thread.run([]() { return 4; });
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { fourth.wait(loop.scope); }))
    CHECK(e->getType() == kj::Exception::Type::OVERLOADED);
  else
    FAIL("it was taken");
  hold.unlock();
  first.wait(loop.scope);
  CHECK(second.wait(loop.scope) == 2);
  CHECK(third.wait(loop.scope) == 3);
}

TEST_CASE("what a job throws comes back to whoever asked") {
  Loop loop;
  Worker thread(2);
  auto failing = thread.run([]() { KJ_FAIL_REQUIRE("no luck"); });
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { failing.wait(loop.scope); }))
    CHECK(e->getDescription().startsWith("no luck"));
  else
    FAIL("it succeeded");
}

}  // namespace
}  // namespace portreeve::history
