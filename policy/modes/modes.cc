// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/modes/modes.h"

#include "common/clock.h"
#include "common/log.h"
#include "policy/failure.h"
#include "policy/suite-start.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <algorithm>
#include <string_view>

namespace portreeve::policy {
namespace {

using rules::Mode;

constexpr uint64_t SECOND = 1'000'000'000;
constexpr auto LONGEST_SLEEP = 1 * kj::SECONDS;  // the machine may have been suspended
constexpr kj::StringPtr HEADING =
    "# What holds for a while instead of the rules, and until when. `portreeve resume` ends it.\n"_kj;

constexpr Mode MODES[] = {Mode::LOCKDOWN, Mode::PAUSE, Mode::LEARN_ALLOW, Mode::LEARN_BLOCK};
constexpr kj::StringPtr WORDS[] = {"lockdown"_kj, "pause"_kj, "learn-allow"_kj, "learn-block"_kj};

kj::StringPtr wordOf(Mode mode) {
  for (size_t i = 0; i < kj::size(MODES); i++)
    if (mode == MODES[i]) return WORDS[i];
  return "none";
}

}  // namespace

Modes::Modes(Parts parts) : parts(kj::mv(parts)), boot(bootId()) {}

void Modes::restore() {
  if (!parts.state.readOrSetAside(FILE_NAME, "the rules alone decide",
                                  [this](kj::StringPtr text) { read(text); }))
    now = Current();
  parts.rules.startIn(now.mode);
  if (now.mode != Mode::NONE)
    log::warning(kj::str(nameOf(now.mode), " is on, as before the restart"));
}

void Modes::read(kj::StringPtr text) {
  auto root = toml::parse(std::string_view(text.begin(), text.size()));
  auto word = root["mode"].value_or(std::string_view("none"));
  Current found;
  for (size_t i = 0; i < kj::size(MODES); i++)
    if (word == std::string_view(WORDS[i].cStr())) found.mode = MODES[i];
  bool sameBoot = root["boot"].value_or(std::string_view()) == std::string_view(boot.cStr());
  // Of another boot the wall clock is all there is.
  auto moment = [&](const char* key, const char* wallKey) -> uint64_t {
    auto sinceBoot = uint64_t(root[key].value_or(int64_t(0)));
    auto wall = uint64_t(root[wallKey].value_or(int64_t(0)));
    if (sameBoot || wall == 0) return sinceBoot;
    uint64_t left = wall > parts.clock() ? wall - parts.clock() : 0;
    return parts.sinceBoot() + std::max<uint64_t>(left, 1);
  };
  found.endNs = std::min(moment("end", "end_wall"), parts.sinceBoot() + LONGEST_SECONDS * SECOND);
  found.confirmNs = moment("confirm", "confirm_wall");
  auto who = root["who"].value_or(std::string_view());
  found.who = kj::heapString(who.data(), who.size());
  if (found.mode != Mode::NONE) now = kj::mv(found);
}

kj::String Modes::text(const Current& current) const {
  auto wall = [&](uint64_t sinceBootNs) { return sinceBootNs == 0 ? 0 : toWall(sinceBootNs); };
  return kj::str(HEADING, "boot = ", quoted(boot), "\nmode = \"", wordOf(current.mode),
                 "\"\nwho = ", quoted(current.who), "\nend = ", current.endNs,
                 "\nend_wall = ", wall(current.endNs), "\nconfirm = ", current.confirmNs,
                 "\nconfirm_wall = ", wall(current.confirmNs), '\n');
}

kj::Promise<void> Modes::keep(const Current& current) {
  if (current.mode == Mode::NONE) return parts.state.remove(FILE_NAME);
  return parts.state.replace(FILE_NAME, FileContent{text(current)});
}

kj::Promise<uint32_t> Modes::begin(Wanted wanted, kj::StringPtr who) {
  if (wanted.mode == Mode::NONE) fail("say which mode: lockdown, pause or learn");
  if (wanted.seconds == 0 || wanted.seconds > LONGEST_SECONDS)
    fail("a mode ends by itself: after 1 s at least, and 30 days at most");
  uint64_t begins = parts.sinceBoot();
  Current next{wanted.mode, begins + wanted.seconds * SECOND,
               wanted.confirmSeconds == 0 ? 0 : begins + wanted.confirmSeconds * SECOND,
               kj::str(who)};
  // Lockdown is not given up for a full disk; the others, which let more through, are.
  bool urgent = wanted.mode == Mode::LOCKDOWN;
  auto kept = keep(next).catch_([urgent](kj::Exception&& e) -> kj::Promise<void> {
    if (!urgent) return kj::mv(e);
    log::exception("keeping lockdown for a restart", e);
    return kj::READY_NOW;
  });
  return kept.then([this, next = kj::mv(next)]() mutable {
    now = kj::mv(next);
    begun->fulfill();
    log::warning(kj::str(nameOf(now.mode), " was begun by ", now.who, ", until ",
                         rfc3339(toWall(now.endNs))));
    told({now.mode, "begun", now.who, toWall(now.endNs)});
    return parts.rules.changeMode(now.mode);
  });
}

kj::Promise<Modes::Ended> Modes::end(kj::StringPtr who) {
  auto mode = now.mode;
  if (mode == Mode::NONE) return Ended();
  log::warning(kj::str(nameOf(mode), " was ended by ", who));
  told({mode, "ended", who});
  return leave().then([mode](uint32_t affected) { return Ended{mode, affected}; });
}

kj::Promise<uint32_t> Modes::leave() {
  now = Current();
  // The rules first: whatever the disk says, it is over.
  return parts.rules.changeMode(Mode::NONE).then([this](uint32_t affected) {
    return keep(now)
        .catch_([](kj::Exception&& e) { log::exception("forgetting the mode", e); })
        .then([affected]() { return affected; });
  });
}

kj::Promise<bool> Modes::confirm() {
  if (now.mode == Mode::NONE || now.confirmNs == 0) return false;
  now.confirmNs = 0;
  return keep(now).then([]() { return true; });
}

kj::Promise<void> Modes::run() {
  auto beginning = kj::newPromiseAndFulfiller<void>();
  begun = kj::mv(beginning.fulfiller);
  if (now.mode == Mode::NONE) return beginning.promise.then([this]() { return run(); });
  uint64_t at = parts.sinceBoot();
  uint64_t due = now.confirmNs == 0 ? now.endNs : std::min(now.endNs, now.confirmNs);
  auto sleep = LONGEST_SLEEP;
  if (due > at) sleep = std::min(sleep, int64_t(due - at) * kj::NANOSECONDS + 1 * kj::MILLISECONDS);
  return parts.timer.afterDelay(sleep).then([this]() { return look(); }).then([this]() {
    return run();
  });
}

kj::Promise<void> Modes::look() {
  if (now.mode == Mode::NONE) return kj::READY_NOW;
  uint64_t at = parts.sinceBoot();
  bool unconfirmed = now.confirmNs != 0 && at >= now.confirmNs;
  if (at < now.endNs && !unconfirmed) return kj::READY_NOW;
  log::warning(kj::str(nameOf(now.mode),
                       unconfirmed ? " was not confirmed in time and has ended" : " has ended"));
  told({now.mode, unconfirmed ? "unconfirmed"_kj : "expired"_kj, nullptr});
  return leave().ignoreResult().catch_(
      [](kj::Exception&& e) { log::exception("ending a mode", e); });
}

uint64_t Modes::toWall(uint64_t sinceBootNs) const {
  return parts.clock() + sinceBootNs - parts.sinceBoot();
}

void Modes::fill(proto::view::RulesStatus::Builder status) const {
  bool on = now.mode != Mode::NONE;
  status.setMode(nameOf(now.mode));
  status.setModeUntil(on ? rfc3339(toWall(now.endNs)) : kj::String());
  status.setModeConfirmBy(on && now.confirmNs != 0 ? rfc3339(toWall(now.confirmNs)) : kj::String());
  status.setModeAction(now.mode == Mode::LEARN_ALLOW   ? "allow"
                       : now.mode == Mode::LEARN_BLOCK ? "block"
                                                       : "");
  status.setModeBy(now.who);
}

kj::StringPtr nameOf(Mode mode) {
  switch (mode) {
    case Mode::LOCKDOWN:
      return "lockdown";
    case Mode::PAUSE:
      return "pause";
    case Mode::LEARN_ALLOW:
    case Mode::LEARN_BLOCK:
      return "learn";
    case Mode::NONE:
      break;
  }
  return "";
}

proto::Mode toProto(Mode mode) {
  switch (mode) {
    case Mode::LOCKDOWN:
      return proto::Mode::LOCKDOWN;
    case Mode::PAUSE:
      return proto::Mode::PAUSE;
    case Mode::LEARN_ALLOW:
    case Mode::LEARN_BLOCK:
      return proto::Mode::LEARN;
    case Mode::NONE:
      break;
  }
  return proto::Mode::NONE;
}

}  // namespace portreeve::policy
