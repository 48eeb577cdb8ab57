// SPDX-License-Identifier: GPL-3.0-or-later
#include "notify/notification-text.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve::notify {
namespace {

struct TestPrompt {
  capnp::MallocMessageBuilder message;
  proto::Prompt::Builder prompt = message.initRoot<proto::Prompt>();

  TestPrompt() {
    prompt.setId(12);
    prompt.setDirection("out");
    prompt.setDomain("example.org");
    prompt.initDestination().setAddress("203.0.113.5");
    prompt.getDestination().setProtocol("tcp");
    prompt.getDestination().setPort(443);
    prompt.initProgram().setPath("/usr/bin/curl");
    prompt.getProgram().setPid(4711);
    prompt.setWaiting(1);
    prompt.setSecondsLeft(42);
    prompt.setDefault("block");
    prompt.setMayAnswer(true);
    set(prompt.initActions(3), {"allow", "block", "drop"});
    set(prompt.initLifetimes(2), {"once", "always"});
    set(prompt.initScopes(2), {"host", "domain"});
  }
  void set(capnp::List<capnp::Text>::Builder list, std::initializer_list<const char*> words) {
    unsigned i = 0;
    for (auto word : words) list.set(i++, word);
  }
};

TEST_CASE("a question says who wants what, how long it waits, and has a button for each answer") {
  TestPrompt test;
  auto notification = describe(test.prompt, {});
  CHECK(notification.summary == "curl wants to reach example.org, tcp 443");
  CHECK(notification.body == "/usr/bin/curl (pid 4711)\n203.0.113.5\nIt waits 42 s, then: block");
  REQUIRE(notification.buttons.size() == 4);
  CHECK(notification.buttons[0].key == "allow once domain");
  CHECK(notification.buttons[3].key == "block always domain");
  CHECK(notification.timeoutMs == 42000);
}

TEST_CASE("a button's key is the answer that it means, and nothing else is one") {
  auto answer = answerOf("allow always domain");
  REQUIRE(answer != nullptr);
  KJ_IF_MAYBE (words, answer) {
    CHECK(words->action == "allow");
    CHECK(words->lifetime == "always");
    CHECK(words->scope == "domain");
  }
  CHECK(answerOf("default") == nullptr);
  CHECK(answerOf("allow once") == nullptr);
  CHECK(answerOf("") == nullptr);
}

TEST_CASE("without a name it is about the address, and without buttons it says how to answer") {
  TestPrompt test;
  test.prompt.setDomain("");
  test.set(test.prompt.initScopes(1), {"host"});
  CHECK(describe(test.prompt, {}).buttons[0].key == "allow once host");
  auto plain = describe(test.prompt, {false, false});
  CHECK(plain.buttons.size() == 0);
  CHECK(plain.body.endsWith("Answer with: portreeve ask 12"));
}

TEST_CASE("a program's name cannot write markup or control characters") {
  TestPrompt test;
  test.prompt.getProgram().setPath("/tmp/<b>\x1b[0m&");
  auto notification = describe(test.prompt, {true, true});
  CHECK(notification.body.startsWith("/tmp/&lt;b&gt;?[0m&amp; (pid"));
}

TEST_CASE("whoever may not answer gets no buttons") {
  TestPrompt test;
  test.prompt.setMayAnswer(false);
  CHECK(describe(test.prompt, {}).buttons.size() == 0);
}

}  // namespace
}  // namespace portreeve::notify
