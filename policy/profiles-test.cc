// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/profiles.h"

#include "policy/attachment-file.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr ROUTER = "02:00:5e:10:00:01"_kj;

Attachment behind(kj::StringPtr mac) {
  Attachment attachment;
  attachment.gateways.add(Attachment::Gateway{kj::str("eth0"), kj::str("192.0.2.1"), kj::str(mac)});
  attachment.interfaces.add(kj::str("eth0"));
  return attachment;
}

Attachment onWireless(kj::StringPtr ssid) {
  Attachment attachment;
  attachment.wireless.add(Attachment::Wireless{kj::str("wlan0"), kj::str(ssid)});
  attachment.interfaces.add(kj::str("wlan0"));
  return attachment;
}

Profile profile(kj::StringPtr name, NetworkCondition condition, kj::Maybe<DefaultAction> action) {
  Profile made;
  made.name = kj::str(name);
  made.defaultAction = action;
  made.when.add(kj::mv(condition));
  return made;
}

struct Travelling : TestStore {
  Travelling() {
    NetworkCondition home;
    home.gateway = kj::str(ROUTER);
    settings.profiles.add(profile("home", kj::mv(home), DefaultAction::ALLOW));
    NetworkCondition cafe;
    cafe.ssid = kj::str("Cafe");
    settings.profiles.add(profile("cafe", kj::mv(cafe), DefaultAction::DROP));
    settings.profiles[1].unanswered = DefaultAction::DROP;
  }

  kj::StringPtr inForce() { return store->profiles().inForce(); }
  kj::StringPtr decided() {
    return store->inForce().decide(rules::curlToExample(), now).rule->name;
  }
  void arrive(Attachment attachment) { loop.finish(store->learn(kj::mv(attachment))); }
  uint32_t use(kj::StringPtr name, kj::Duration confirm = 0 * kj::SECONDS) {
    return loop.finish(store->useProfile(name, confirm, "uid 0, pid 1"));
  }
  kj::String lastChange() {
    auto all = store->changes().all();
    return all.size() == 0 ? kj::String() : kj::str(all.back().who, ": ", all.back().what);
  }
  void finishAttachment() {
    while (!contains(folder.read("state/policy/last-attachment.toml"), "interfaces")) loop.turn();
  }
};

TEST_CASE("each condition asks for one thing, and all that are given have to hold") {
  auto fits = [](const Attachment& attachment, kj::Function<void(NetworkCondition&)> set) {
    NetworkCondition condition;
    set(condition);
    return attachment.fits(condition);
  };
  auto here = behind(ROUTER);
  here.vpns.add(kj::str("wg0"));
  here.interfaces.add(kj::str("wg0"));
  CHECK(fits(here, [](auto& c) { c.gateway = kj::str(ROUTER); }));
  CHECK_FALSE(fits(here, [](auto& c) { c.gateway = kj::str("02:00:5e:10:00:02"); }));
  CHECK(fits(here, [](auto& c) { c.interface = kj::str("wg*"); }));
  CHECK_FALSE(fits(here, [](auto& c) { c.interface = kj::str("wlan*"); }));
  CHECK(fits(here, [](auto& c) { c.vpn = true; }));
  CHECK_FALSE(fits(here, [](auto& c) { c.vpn = false; }));
  CHECK_FALSE(fits(here, [](auto& c) { c.ssid = kj::str("Cafe"); }));
  CHECK(fits(onWireless("Cafe"), [](auto& c) { c.ssid = kj::str("Cafe"); }));
  CHECK_FALSE(fits(onWireless("Cafeteria"), [](auto& c) { c.ssid = kj::str("Cafe"); }));
  CHECK_FALSE(fits(here, [](auto& c) {
    c.gateway = kj::str(ROUTER);
    c.vpn = false;
  }));
}

TEST_CASE("the network chooses the profile, and its default decides at once") {
  Travelling here;
  here.start();
  CHECK(here.inForce() == "");
  CHECK(here.decided() == "default");
  here.arrive(behind(ROUTER));
  CHECK(here.inForce() == "home");
  CHECK(here.decided() == "default of profile home");
  CHECK(here.applied == 1);
  CHECK(here.status()->view.getDefault() == "allow");
  CHECK(here.status()->view.getProfile() == "home");
  CHECK(here.store->unanswered() == DefaultAction::BLOCK);
  CHECK(here.lastChange() ==
        "the network: profile \"home\" is in force (by the network: gateway 02:00:5e:10:00:01 "
        "(192.0.2.1 on eth0))");
  here.arrive(onWireless("Cafe"));
  CHECK(here.inForce() == "cafe");
  CHECK(here.store->unanswered() == DefaultAction::DROP);
  here.arrive(Attachment());
  CHECK(here.inForce() == "");
  CHECK(here.lastChange() ==
        "the network: no profile is in force (no profile fits the network: no network)");
  auto changes = here.store->changes().all().size();
  here.arrive(Attachment());
  CHECK(here.store->changes().all().size() == changes);
}

TEST_CASE(
    "a profile chosen by hand stays, whatever the network, until it goes by the network again") {
  Travelling here;
  here.affects = 3;
  here.start();
  here.arrive(behind(ROUTER));
  CHECK(here.use("cafe") == 3);
  CHECK(here.lastChange() == "uid 0, pid 1: profile \"cafe\" was chosen");
  here.arrive(Attachment());
  CHECK(here.inForce() == "cafe");
  here.use("none");
  here.arrive(behind(ROUTER));
  CHECK(here.inForce() == "");
  here.use("auto");
  CHECK(here.inForce() == "home");
}

TEST_CASE("a choice outlives policy, and where the machine is does within one life of the suite") {
  Travelling here;
  here.start();
  here.arrive(behind(ROUTER));
  here.finishAttachment();
  here.start();
  CHECK(here.inForce() == "home");
  CHECK(here.decided() == "default of profile home");
  here.use("cafe");
  here.start();
  CHECK(here.inForce() == "cafe");
}

TEST_CASE("a choice that is not confirmed in time is taken back") {
  Travelling here;
  here.start();
  here.arrive(behind(ROUTER));
  here.use("cafe", 30 * kj::SECONDS);
  CHECK(here.inForce() == "cafe");
  here.pass(31 * kj::SECONDS);
  here.finishChanges();
  CHECK(here.inForce() == "home");
  here.use("cafe", 30 * kj::SECONDS);
  CHECK(here.loop.finish(here.store->confirm()));
  here.pass(31 * kj::SECONDS);
  CHECK(here.inForce() == "cafe");
}

TEST_CASE("a choice is undone like any change") {
  Travelling here;
  here.start();
  here.use("cafe");
  here.use("home");
  auto undone = here.loop.finish(here.store->undo(0, 0 * kj::SECONDS));
  CHECK(undone.what == "profile \"home\" was chosen");
  CHECK(here.inForce() == "cafe");
  here.loop.finish(here.store->undo(0, 0 * kj::SECONDS));
  CHECK(here.store->profiles().chosen() == "auto");
}

TEST_CASE("a profile that is not there is refused with the nearest name, and nothing changes") {
  Travelling here;
  here.start();
  auto changes = here.store->changes().all().size();
  auto refused = failureOf([&]() { here.use("hom"); });
  CHECK(refused == "there is no [profile.hom] in portreeve.toml; did you mean \"home\"?");
  CHECK(here.store->changes().all().size() == changes);
}

TEST_CASE("a chosen profile that the settings no longer have gives way to the network") {
  Travelling here;
  here.start();
  here.use("cafe");
  here.settings.profiles.removeLast();
  here.start();
  CHECK(here.store->profiles().chosen() == "auto");
  here.arrive(behind(ROUTER));
  CHECK(here.inForce() == "home");
}

TEST_CASE("where the machine was is read back as it was written") {
  auto there = behind(ROUTER);
  there.wireless.add(Attachment::Wireless{kj::str("wlan0"), kj::str("a \"b\" \\ c")});
  there.vpns.add(kj::str("wg0"));
  auto read = parseAttachment("file", attachmentText(there));
  CHECK(attachmentText(read) == attachmentText(there));
  CHECK(read.toString() == there.toString());
}

}  // namespace
}  // namespace portreeve::policy
