// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/confirmation.h"
#include "policy/confirmation-file.h"
#include "policy/test-folders.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;
constexpr uint64_t NOW = 1'800'000'000 * SECOND;

struct Fixture {
  TestFolder folder;
  TestLoop loop;
  DiskSync disk{loop.port};
  DurableFolder files{folder.path(), disk};
  Confirmation confirmation{files, loop.timer};

  void begin(kj::StringPtr name, kj::Maybe<FileContent> was, kj::Duration within,
             uint64_t now = NOW) {
    kj::Vector<FileChange> back;
    back.add(FileChange{kj::str(name), kj::mv(was)});
    loop.finish(confirmation.begin(kj::mv(back), within, now));
  }
};

TEST_CASE("a pending change is read back as it was written, whatever its texts hold") {
  PendingChange change{NOW, 60 * SECOND, {}};
  change.back.add(FileChange{kj::str("a.toml"),
                             FileContent{kj::str("name = \"x\\y\"\n\t# \x01 'é' \"\"\"\r\n"), 17}});
  change.back.add(FileChange{kj::str("b.toml"), nullptr});
  auto again = parsePendingChange("file", toToml(change));
  CHECK(again.dueWallNs == NOW);
  CHECK(again.withinNs == 60 * SECOND);
  CHECK(again.back.size() == 2);
  auto& first = KJ_ASSERT_NONNULL(again.back[0].content);
  CHECK(first.text == KJ_ASSERT_NONNULL(change.back[0].content).text);
  CHECK(first.writtenNs == 17);
  CHECK(again.back[1].name == "b.toml");
  CHECK(again.back[1].content == nullptr);
}

TEST_CASE("a pending change never names a file outside of its folder") {
  for (kj::StringPtr name : {"../a.toml"_kj, "/etc/a.toml"_kj, ".a.toml"_kj, "a.conf"_kj}) {
    auto text = kj::str("until = 1\nwithin = 1\n[[file]]\nname = \"", name, "\"\n");
    CHECK(contains(failureOf([&]() { parsePendingChange("file", text); }), "remove it"));
  }
  CHECK(contains(failureOf([&]() { parsePendingChange("file", "until = 1"); }), "remove it"));
  CHECK(contains(failureOf([&]() { parsePendingChange("file", "until = "); }), "remove it"));
}

TEST_CASE("it is overdue when its time is up, and not after it was confirmed") {
  Fixture f;
  CHECK_FALSE(f.confirmation.pending());
  f.begin("a.toml", nullptr, 60 * kj::SECONDS);
  CHECK(f.confirmation.pending());
  CHECK(f.confirmation.untilWallNs() == NOW + 60 * SECOND);
  f.loop.pass(59 * kj::SECONDS);
  CHECK_FALSE(f.confirmation.overdue());
  f.loop.pass(2 * kj::SECONDS);
  CHECK(f.confirmation.overdue());
  f.loop.finish(f.confirmation.end());
  CHECK_FALSE(f.confirmation.overdue());
  CHECK(f.confirmation.untilWallNs() == 0);
  CHECK_FALSE(f.folder.has("pending-confirmation.toml"));
}

TEST_CASE("two changes that are pending are one: the first state, the later end") {
  Fixture f;
  f.begin("a.toml", FileContent{kj::str("first"), 1}, 60 * kj::SECONDS);
  f.begin("a.toml", FileContent{kj::str("second"), 2}, 10 * kj::SECONDS);
  f.begin("b.toml", nullptr, 90 * kj::SECONDS);
  auto back = f.confirmation.back();
  CHECK(back.size() == 2);
  CHECK(KJ_ASSERT_NONNULL(back[0].content).text == "first");
  CHECK(f.confirmation.untilWallNs() == NOW + 90 * SECOND);
  f.loop.pass(89 * kj::SECONDS);
  CHECK_FALSE(f.confirmation.overdue());
}

TEST_CASE("a new life takes up what is pending, with the time that is left") {
  Fixture f;
  f.begin("a.toml", FileContent{kj::str("was"), 1}, 60 * kj::SECONDS);
  Confirmation next(f.files, f.loop.timer);
  next.restore(NOW + 40 * SECOND);
  CHECK(next.pending());
  auto back = next.back();
  CHECK(KJ_ASSERT_NONNULL(back[0].content).text == "was");
  f.loop.pass(19 * kj::SECONDS);
  CHECK_FALSE(next.overdue());
  f.loop.pass(2 * kj::SECONDS);
  CHECK(next.overdue());
}

TEST_CASE("a clock that was set back gives no more time than there was") {
  Fixture f;
  f.begin("a.toml", nullptr, 60 * kj::SECONDS);
  Confirmation next(f.files, f.loop.timer);
  next.restore(NOW - 3600 * SECOND);
  f.loop.pass(61 * kj::SECONDS);
  CHECK(next.overdue());
}

TEST_CASE("what became overdue while policy was away is so at its return") {
  Fixture f;
  f.begin("a.toml", nullptr, 60 * kj::SECONDS);
  Confirmation next(f.files, f.loop.timer);
  next.restore(NOW + 61 * SECOND);
  CHECK(next.overdue());
}

}  // namespace
}  // namespace portreeve::policy
