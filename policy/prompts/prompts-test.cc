// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/prompts.h"

#include "policy/prompts/test-asking.h"
#include "policy/rules/test-mmdb.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

const Tuple WEB = tcp("192.0.2.10", 40000, "203.0.113.5", 443);

Tuple to(kj::StringPtr host, uint16_t port, uint16_t localPort = 40000) {
  return tcp("192.0.2.10", localPort, host, port);
}

TEST_CASE("a packet waits for the answer, and goes through at once when it is yes") {
  AskingRoad road;
  CHECK(road.verdictOn({.tuple = WEB, .id = 7}) == "waits");
  CHECK(road.life->prompts.pending() == 1);
  CHECK(road.seen.prompts.back() == "1: app -> 203.0.113.5, 1 waiting");
  CHECK(road.life->flows.openCount() == 0);
  auto done = road.answer(1, "allow");
  CHECK(done.settled == 1);
  CHECK(road.said() == "7 1710");
  CHECK(road.life->prompts.pending() == 0);
  road.loop.pass(100 * kj::MILLISECONDS);
  CHECK(road.seen.closed.back() == "1: answered allow");
}

TEST_CASE(
    "a packet that waits is renewed well before the interceptor's time-out, till the answer") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  for (int i = 0; i < 10; i++) {
    road.loop.pass(1 * kj::SECONDS);
    CHECK(road.said() == "waits");
  }
  road.answer(1, "drop");
  CHECK(road.said() == "7 1712");
  road.loop.pass(5 * kj::SECONDS);
  CHECK(road.said() == "");
}

TEST_CASE("where nobody is there the default holds at once, and the question stays") {
  AskingRoad road;
  road.present = nullptr;
  road.loop.pass(31 * kj::SECONDS);
  CHECK(road.verdictOn({.tuple = WEB, .id = 7}) == "7 1701");
  CHECK(road.life->prompts.pending() == 1);
  auto& flow = *road.life->flows.find(1);
  CHECK(flow.judgement.rule == "ask");
  CHECK(contains(flow.judgement.origin, "unanswered"));
}

TEST_CASE("a rule that asks is hit once by each packet that it is asked about") {
  AskingRoad road;
  road.present = nullptr;
  road.loop.pass(31 * kj::SECONDS);
  auto hits = [&]() { return road.set->hits(KJ_ASSERT_NONNULL(road.set->find("ask"))).hits; };
  CHECK(road.verdictOn({.tuple = WEB, .id = 7}) == "7 1701");
  CHECK(hits() == 1);
  CHECK(road.verdictOn({.tuple = WEB, .id = 8}) == "8 1701");
  CHECK(hits() == 2);
}

TEST_CASE("a question says where its destination is, as far as the databases know") {
  using Db = rules::TestDatabase;
  AskingRoad road;
  Db countries, numbers;
  countries.add("203.0.113.0/24",
                Db::map({Db::text("country"), Db::map({Db::text("iso_code"), Db::text("NZ")})}));
  countries.write(road.folder.path("country.mmdb"), "Test-Country");
  numbers.add("203.0.113.0/24",
              Db::map({Db::text("autonomous_system_number"), Db::number32(64496),
                       Db::text("autonomous_system_organization"), Db::text("Example Net")}));
  numbers.write(road.folder.path("asn.mmdb"), "Test-ASN");
  road.ruleText =
      kj::str(road.ruleText, "[databases]\ncountry = \"", road.folder.path("country.mmdb"),
              "\"\nasn = \"", road.folder.path("asn.mmdb"), "\"\n");
  road.set = rules::loadRules(road.ruleText);
  road.verdictOn({.tuple = WEB, .id = 7});
  road.verdictOn({.tuple = to("192.168.1.1", 443, 40001), .id = 8});
  REQUIRE(road.life->prompts.pending() == 2);
  capnp::MallocMessageBuilder message;
  auto views = message.initRoot<proto::Prompts::ListResults>().initPrompts(2);
  for (uint i = 0; i < 2; i++)
    road.life->prompts.fill(views[i], *road.life->prompts.find(i + 1), alice());
  auto known = views[0].asReader().getNetwork();
  CHECK(known.getScope() == "internet");
  CHECK(known.getCountry() == "NZ");
  CHECK(known.getAutonomousSystem().getNumber() == 64496);
  CHECK(known.getAutonomousSystem().getOrganization() == "Example Net");
  auto unknown = views[1].asReader().getNetwork();
  CHECK(unknown.getScope() == "lan");
  CHECK_FALSE(unknown.hasCountry());
  CHECK_FALSE(unknown.hasAutonomousSystem());
}

TEST_CASE("another person's presence holds nobody's connection but his own") {
  AskingRoad road;
  road.come(bob());
  road.loop.pass(31 * kj::SECONDS);
  CHECK(road.verdictOn({.tuple = WEB, .id = 7}) == "7 1701");
  CHECK(road.verdictOn(
            {.tuple = to("203.0.113.5", 443, 40001), .id = 8, .instance = 2, .uid = 1001}) ==
        "waits");
  road.come(rootViewer());
  CHECK(road.verdictOn({.tuple = WEB, .id = 9}) == "waits");
}

TEST_CASE("whoever was there a moment ago counts: a program dials anew") {
  AskingRoad road;
  road.present = nullptr;
  CHECK(road.verdictOn({.tuple = WEB, .id = 7}) == "waits");
  road.loop.pass(31 * kj::SECONDS);
  CHECK(contains(road.said(), "7 1701"));
}

TEST_CASE("when the time is up the default holds for a while, and then it is asked again") {
  AskingRoad road;
  road.settings.unanswered = DefaultAction::DROP;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.loop.pass(62 * kj::SECONDS);
  CHECK(contains(road.said(), "7 1702"));
  CHECK(road.life->prompts.pending() == 1);
  CHECK(road.verdictOn({.tuple = WEB, .id = 8}) == "8 1702");
  CHECK(road.life->flows.openCount() == 1);
  road.loop.pass(301 * kj::SECONDS);
  CHECK(road.verdictOn({.tuple = WEB, .id = 9}) == "waits");
}

TEST_CASE("a scan of ports is one question, and one of hosts is a few") {
  AskingRoad road;
  road.settings.answerSeconds = 600;
  for (uint16_t port = 1; port <= 40; port++)
    road.verdictOn({.tuple = to("203.0.113.5", port), .id = port});
  CHECK(road.life->prompts.pending() == 1);
  CHECK(road.life->prompts.find(1)->connections == 40);
  CHECK(road.life->prompts.find(1)->more.size() == Question::MOST_DESTINATIONS);
  for (uint16_t host = 1; host <= 40; host++)
    road.verdictOn({.tuple = to(kj::str("198.51.100.", host), 443), .id = uint64_t(1000 + host)});
  CHECK(road.life->prompts.pending() == QuestionTable::HOSTS_OF_PROGRAM + 1);
  CHECK(road.life->prompts.find(9)->everything);
  CHECK(road.life->prompts.waiting() == HeldPackets::MOST_OF_PROGRAM);
  CHECK(road.life->prompts.counters().tooMany == 16);
}

TEST_CASE("what is submitted and attributed anew still waits for the same answer") {
  // The attributor was killed: its instances have other numbers now, and the first answer may be
  // that it does not know.
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7, .instance = 1});
  CHECK(road.verdictOn({.tuple = WEB, .id = 7, .askAgain = true}) == "waits");
  CHECK(road.verdictOn({.tuple = WEB, .id = 7, .instance = 99}) == "waits");
  CHECK(road.life->prompts.pending() == 1);
  CHECK(road.life->prompts.find(1)->connections == 1);
  road.answer(1, "allow");
  CHECK(road.said() == "7 1710");
}

TEST_CASE("what was lost with the interceptor is the same connection when it is sent again") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  CHECK(road.verdictOn({.tuple = WEB, .id = 8, .instance = 5}) == "waits");
  CHECK(road.life->prompts.waiting() == 1);
  road.answer(1, "allow");
  CHECK(road.said() == "8 1710");
}

TEST_CASE(
    "an answer for once that meets nothing waiting is for the next connection, and no further") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.loop.pass(62 * kj::SECONDS);
  road.said();
  road.answer(1, "allow");
  CHECK(road.verdictOn({.tuple = to("203.0.113.5", 443, 40001), .id = 8}) == "8 1710");
  CHECK(road.verdictOn({.tuple = to("203.0.113.5", 443, 40002), .id = 9}) == "waits");
}

TEST_CASE("a question, whoever was there and an answer for once survive a restart") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.restart();
  REQUIRE(road.life->prompts.pending() == 1);
  CHECK(road.life->prompts.find(1)->subject().program->path == "/usr/bin/app");
  // Its packet is submitted again before anybody has dialled.
  CHECK(road.verdictOn({.tuple = WEB, .id = 7, .instance = 1}) == "waits");
  CHECK(road.life->prompts.pending() == 1);
  road.answer(1, "allow");
  CHECK(road.said() == "7 1710");
  road.restart();
  CHECK(road.life->prompts.pending() == 0);
  CHECK(road.verdictOn({.tuple = WEB, .id = 8}) == "8 1710");
  CHECK(road.verdictOn({.tuple = to("198.51.100.1", 80), .id = 9}) == "waits");
  CHECK(road.life->prompts.find(2) != nullptr);
}

TEST_CASE("a damaged file is set aside and said, and policy goes on") {
  AskingRoad road;
  road.folder.write("state/prompts.toml", "boot = 7\n");
  road.life->prompts.restore();
  CHECK(road.life->prompts.pending() == 0);
  CHECK(road.folder.read("state/prompts.toml.damaged") == "boot = 7\n");
  CHECK(!road.folder.has("state/prompts.toml"));
}

TEST_CASE(
    "an answer that lasts is a rule about this program of this user, and decides what waits") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.verdictOn({.tuple = to("203.0.113.5", 80), .id = 8});
  auto done = road.answer(1, "allow", "5m", "port");
  CHECK(done.rule == "the rule");
  // Of port 80 nobody spoke.
  CHECK(road.said() == "7 1710");
  CHECK(road.life->prompts.pending() == 1);
  CHECK(contains(road.ruleText,
                 "answer = true\nprocess = { path = \"/usr/bin/app\" }\nuser = \"1000\"\n"
                 "direction = \"out\"\nprotocol = \"tcp\"\nport = 443\nfor = \"5m\"\n"));
  CHECK(road.verdictOn({.tuple = to("198.51.100.1", 443), .id = 9}) == "9 1710");
  CHECK(road.verdictOn(
            {.tuple = to("198.51.100.1", 443, 40001), .id = 10, .instance = 2, .uid = 1001}) ==
        "10 1701");
}

TEST_CASE("a mode decides what waits, and loses no question") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.set = rules::loadRules("", DefaultAction::BLOCK);
  road.life->prompts.rulesChanged(true);
  CHECK(road.said() == "7 1711");
  CHECK(road.life->prompts.pending() == 1);
  road.life->prompts.rulesChanged(false);
  CHECK(road.life->prompts.pending() == 0);
}

TEST_CASE("one answer closes the other questions that it decides, too") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.verdictOn({.tuple = to("198.51.100.1", 80), .id = 8});
  auto done = road.answer(1, "block", "always", "program");
  CHECK(road.said() == "7 1711, 8 1711");
  REQUIRE(done.alsoClosed.size() == 1);
  CHECK(done.alsoClosed[0] == 2);
  CHECK(road.life->prompts.pending() == 0);
}

TEST_CASE("an answer that cannot be kept changes nothing, and the question stays") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.ruleProblem = kj::str("writing …: No space left on device");
  CHECK(contains(failureOf([&]() { road.answer(1, "allow", "always"); }), "No space left"));
  CHECK(road.life->prompts.pending() == 1);
  road.answer(1, "allow");
  CHECK(contains(road.said(), "7 1710"));
}

TEST_CASE("whoever is not entitled is told so, and a question that is none of his is not there") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  auto words = failureOf([&]() { road.answer(1, "allow", "once", "host", bob()); });
  CHECK(contains(words, "there is no question 1"));
  Viewer observer{1001, true, false, true, kj::str("bob (uid 1001)")};
  words = failureOf([&]() { road.answer(1, "allow", "once", "host", observer); });
  CHECK(contains(words, "not entitled"));
  Viewer onlyLooks{1000, true, false, false, kj::str("alice (uid 1000)")};
  words = failureOf([&]() { road.answer(1, "allow", "once", "host", onlyLooks); });
  CHECK(contains(words, "not entitled"));
  road.answer(1, "allow", "once", "host", rootViewer());
  CHECK(contains(road.said(), "7 1710"));
}

TEST_CASE("words that are no answer are refused with those there are") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  CHECK(contains(failureOf([&]() { road.answer(1, "yes"); }), "allow, block or drop"));
  CHECK(contains(failureOf([&]() { road.answer(1, "allow", "ever"); }), "once, exit, restart"));
  CHECK(contains(failureOf([&]() { road.answer(1, "allow", "0s"); }), "once, exit, restart"));
  CHECK(contains(failureOf([&]() { road.answer(1, "allow", "once", "world"); }), "host, domain"));
  CHECK(contains(failureOf([&]() { road.answer(1, "allow", "once", "domain"); }),
                 "no name is known"));
  CHECK(contains(failureOf([&]() { road.answer(2, "allow"); }), "there is no question 2"));
}

TEST_CASE("dismissed, the default holds for what waits, and the next connection asks anew") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7});
  road.life->prompts.dismiss(1, alice());
  CHECK(contains(road.said(), "7 1701"));
  CHECK(road.life->prompts.pending() == 0);
  CHECK(road.verdictOn({.tuple = WEB, .id = 8}) == "waits");
  CHECK(road.life->prompts.find(2) != nullptr);
}

TEST_CASE("nobody is asked about what no program waits for") {
  AskingRoad road;
  auto in = tcp("203.0.113.5", 5555, "192.0.2.10", 22);
  CHECK(road.verdictOn({.tuple = in,
                        .id = 7,
                        .hook = proto::Hook::INPUT,
                        .instance = 0,
                        .kind = proto::ProcessKind::NO_SOCKET}) == "7 1701");
  CHECK(road.life->prompts.pending() == 0);
}

TEST_CASE("a path with the signs of a pattern stands for itself alone") {
  AskingRoad road;
  road.verdictOn({.tuple = WEB, .id = 7, .path = "/tmp/a*[b]"_kj});
  road.answer(1, "allow", "always", "program");
  CHECK(road.said() == "7 1710");
  CHECK(road.verdictOn({.tuple = WEB, .id = 8, .instance = 2, .path = "/tmp/a*[b]"_kj}) ==
        "8 1710");
  CHECK(road.verdictOn(
            {.tuple = to("203.0.113.5", 443, 1), .id = 9, .instance = 3, .path = "/tmp/ab"_kj}) ==
        "waits");
}

TEST_CASE("a session answers for its own programs as far as its role goes") {
  using proto::SessionRole;
  auto session = [](SessionRole role) { return Viewer::ofSession(1000, role, rules::testUsers()); };
  CHECK_FALSE(session(SessionRole::OBSERVE).answersOwn);
  CHECK(session(SessionRole::ANSWER).answersOwn);
  CHECK_FALSE(session(SessionRole::ANSWER).answersAll);
  CHECK(session(SessionRole::CHANGE).answersAll);
  CHECK(session(SessionRole::OBSERVE).seesAll);
}

TEST_CASE("320 may watch, 32 of them of one uid; one more is told so") {
  AskingRoad road;
  kj::Vector<proto::PromptSubscription::Client> all;
  auto& watchers = road.life->prompts.watchers();
  road.present = nullptr;
  for (uid_t uid = 2000; all.size() < PromptWatchers::MOST; uid++)
    for (size_t i = 0; i < PromptWatchers::MOST_OF_UID && all.size() < PromptWatchers::MOST; i++)
      all.add(watchers.add({uid, false, false, true, kj::str("x")}, kj::heap<PromptSink>(road.seen),
                           false));
  road.loop.turn();
  auto one = [&](uid_t uid) {
    return failureOf([&]() {
      all.add(watchers.add({uid, false, false, true, kj::str("x")}, kj::heap<PromptSink>(road.seen),
                           false));
    });
  };
  CHECK(contains(one(5000), "too many watch"));
  all.removeLast();
  road.loop.turn();
  CHECK(contains(one(2000), "watches the questions 32 times"));
  CHECK(one(5000) == "");
}

}  // namespace
}  // namespace portreeve::policy
