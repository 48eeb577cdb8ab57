// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/prompt-text.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <string.h>

namespace portreeve::cli {
namespace {

kj::String understood(kj::StringPtr line, bool hasDomain = true) {
  KJ_IF_MAYBE (answer, parseAnswer(line, hasDomain))
    return kj::str(answer->action, ' ', answer->lifetime, ' ', answer->scope);
  return kj::str("not understood");
}

TEST_CASE("an answer is its action, then how long and about what in any order") {
  CHECK(understood("a") == "allow once domain");
  CHECK(understood("a", false) == "allow once host");
  CHECK(understood("allow always program") == "allow always program");
  CHECK(understood(" b port 5m ") == "block 5m port");
  CHECK(understood("d exit") == "drop exit domain");
  CHECK(understood("s") == "skip once domain");
  CHECK(understood("dismiss") == "dismiss once domain");
}

TEST_CASE("what is no answer is none, rather than half of one") {
  for (auto line : {"", "  ", "yes", "allow for ever", "a 5x", "always"})
    CHECK(understood(line) == "not understood");
}

TEST_CASE("a question shows who asks and where to, whatever a program calls itself") {
  capnp::MallocMessageBuilder message;
  auto prompt = message.initRoot<proto::Prompt>();
  prompt.setId(12);
  prompt.setDirection("out");
  prompt.setDomain("example.org");
  prompt.initDestination().setAddress("203.0.113.5");
  prompt.getDestination().setProtocol("tcp");
  prompt.getDestination().setPort(443);
  prompt.initProgram().setPath("/tmp/\x1b[2Jevil");
  prompt.getProgram().setPid(4711);
  prompt.getProgram().setUser("alice");
  prompt.setWaiting(2);
  prompt.setSecondsLeft(41.5);
  prompt.setDefault("block");
  prompt.setConnections(2);
  prompt.setRule("ask");
  CHECK(
      questionText(prompt) ==
      "[12] /tmp/\\x1b[2Jevil (pid 4711, user alice)\n   wants to reach example.org (203.0.113.5) "
      "tcp 443\n   2 waiting, 41 s left; then block; asked 2 times, by rule \"ask\"");
}

TEST_CASE("a question says whose network that is, as far as the databases know") {
  capnp::MallocMessageBuilder message;
  auto prompt = message.initRoot<proto::Prompt>();
  prompt.setDirection("out");
  prompt.initDestination().setAddress("203.0.113.5");
  auto network = prompt.initNetwork();
  network.setScope("internet");
  auto says = [&](kj::StringPtr words) {
    auto expected = kj::str("203.0.113.5 \n   ", words);
    return strstr(questionText(prompt).cStr(), expected.cStr()) != nullptr;
  };
  CHECK(says("nothing waits"));
  network.setCountry("NZ");
  CHECK(says("in NZ\n"));
  network.initAutonomousSystem().setNumber(64496);
  CHECK(says("in NZ, AS64496\n"));
  network.getAutonomousSystem().setOrganization("Example\x1b Net");
  CHECK(says("in NZ, AS64496 Example\\x1b Net\n"));
}

}  // namespace
}  // namespace portreeve::cli
