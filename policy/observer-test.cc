// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/bootstrap.h"
#include "policy/test-flows.h"
#include "policy/test-sink.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

class NoSettler final : public Settler {
public:
  void settle(uint64_t, proto::Verdict) override {}
  void flush() override {}
};

class Inlet final : public proto::RingSocket::Server {};
class Judge final : public proto::NameJudge::Server {};

struct Fixture {
  TestStore t;
  FlowTable flows;
  kj::Own<Followers> followers = kj::heap<Followers>(flows, rules::testUsers(), t.loop.timer);
  uint64_t now = 1'000'000'000;
  SessionSecrets secrets{[this]() { return now; }};
  Accounts accounts = Accounts::read();
  uint32_t refreshed = 0;
  HistoryStream history{flows, rules::testUsers(), t.loop.timer, {}, 7};
  DiskSync disk{t.loop.port};
  DurableFolder state{t.folder.path("state/policy"), disk};
  TokenStore tokens{state, [this]() { return now; }};
  NameTable names;
  Deciding deciding{[this]() -> rules::RuleSet& { return t.store->inForce(); }, names};
  NoSettler settler;
  Prompts prompts{{t.loop.timer, deciding, settler, rules::testUsers(), state, t.settings, 3000,
                   []() { return DefaultAction::BLOCK; },
                   [](kj::StringPtr, kj::StringPtr) { return kj::str("a rule"); },
                   [](Arrival&&) {}}};
  Learned learned{flows, t.loop.timer, state};
  kj::Own<Modes> modes;
  kj::Own<BootstrapParts> parts;

  Fixture() {
    t.start();
    modes = kj::heap<Modes>(Modes::Parts{t.loop.timer, *t.store, state, [this]() { return t.now; },
                                         [this]() { return t.sinceBoot; }});
    parts = kj::heap<BootstrapParts>(BootstrapParts{
        *t.store, flows, *followers, secrets, tokens, rules::testUsers(),
        [](proto::view::ProcessStatus::Builder status) { status.setName("policy"); },
        []() { return kj::heap<Inlet>(); }, []() { return kj::heap<Judge>(); },
        [this]() -> kj::Promise<void> {
          refreshed++;
          return kj::READY_NOW;
        },
        history, [](proto::RouteWatcher::Client) -> proto::Routes::Client { return nullptr; },
        prompts, *modes, learned});
  }

  proto::Policy::Client as(uid_t uid) {
    Peer peer;
    peer.uid = uid;
    peer.pid = 4711;
    return makeBootstrap(*parts, Entitlement(kj::mv(peer), accounts));
  }
  proto::Policy::Client as(Role role) { return as(accounts.of(role).uid); }
  proto::Observer::Client observer() { return as(0).observeRequest().send().getObserver(); }
  proto::RuleEditor::Client editor() { return as(0).editRequest().send().getEditor(); }

  template <typename Request>
  auto answer(Request&& request) {
    return request.send().wait(t.loop.scope);
  }
  template <typename Request>
  kj::String refusal(Request&& request) {
    return failureOf([&]() { request.send().wait(t.loop.scope); });
  }
};

// The bootstrap -----------------------------------------------------------------------------------

TEST_CASE("each method is refused to whom the table does not name") {
  Fixture f;
  CHECK(contains(f.refusal(f.as(0).attributedRequest()), "attributor alone"));
  CHECK(contains(f.refusal(f.as(Role::GATEWAY).namesRequest()), "resolver alone"));
  CHECK(contains(f.refusal(f.as(Role::GATEWAY).observeRequest()), "not entitled"));
  CHECK(contains(f.refusal(f.as(Role::RESOLVER).editRequest()), "not entitled"));
  CHECK(contains(f.refusal(f.as(65534).mintSessionRequest()), "not entitled"));
  CHECK(contains(f.refusal(f.as(0).redeemRequest()), "gateway alone"));
}

TEST_CASE("the ring's and the resolver's ends are given to them") {
  Fixture f;
  f.answer(f.as(Role::ATTRIBUTOR).attributedRequest());
  f.answer(f.as(Role::RESOLVER).namesRequest());
}

TEST_CASE("everybody let in may ask how policy is, and which versions it speaks") {
  Fixture f;
  auto status = f.answer(f.as(Role::RESOLVER).statusRequest());
  CHECK(status.getStatuses()[0].getName() == "policy");
  auto versions = f.answer(f.as(Role::RESOLVER).versionsRequest());
  CHECK(versions.getMin() >= 1);
  CHECK(versions.getMin() <= versions.getMax());
}

TEST_CASE("a session is minted for a uid and redeemed once by the gateway") {
  Fixture f;
  auto mint = f.as(0).mintSessionRequest();
  mint.setForUid(1000);
  auto secret = kj::str(f.answer(mint).getSecret());
  auto redeem = f.as(Role::GATEWAY).redeemRequest();
  redeem.setSecret(secret);
  auto session = f.answer(redeem);
  CHECK(session.getUid() == 1000);
  f.flows.add(curlFlow());
  CHECK(f.answer(session.getObserver().connectionsRequest()).getConnections().size() == 1);
  auto again = f.as(Role::GATEWAY).redeemRequest();
  again.setSecret(secret);
  auto words = f.refusal(again);
  CHECK(words == "this link is unknown, used or too old");
}

// The observer ------------------------------------------------------------------------------------

TEST_CASE("connections are listed with the newest last, and no more than asked for") {
  Fixture f;
  for (uint16_t i = 1; i <= 5; i++) f.flows.add(curlFlow(i));
  auto all = f.answer(f.observer().connectionsRequest());
  CHECK(all.getConnections().size() == 5);
  CHECK(all.getConnections()[0].getId() == 1);
  CHECK(all.getConnections()[4].getId() == 5);
  auto request = f.observer().connectionsRequest();
  request.initFilter().setLimit(2);
  auto two = f.answer(request);
  CHECK(two.getConnections().size() == 2);
  CHECK(two.getConnections()[0].getId() == 4);
  CHECK(two.getConnections()[1].getId() == 5);
  CHECK(f.refreshed == 2);
}

TEST_CASE("connections after an id are those that came later") {
  Fixture f;
  for (uint16_t i = 1; i <= 5; i++) f.flows.add(curlFlow(i));
  auto request = f.observer().connectionsRequest();
  request.initFilter().setAfterId(3);
  CHECK(f.answer(request).getConnections().size() == 2);
}

TEST_CASE("an observer follows until the subscription is dropped") {
  Fixture f;
  SinkState sink;
  {
    auto request = f.observer().followRequest();
    request.setSink(kj::heap<TestSink>(sink));
    auto subscription = f.answer(request).getSubscription();
    f.flows.changed(f.flows.add(curlFlow()));
    f.t.loop.turn();
    CHECK(sink.ids.size() == 1);
  }
  CHECK(f.followers->count() == 0);
}

TEST_CASE("rules are listed in the order in which they are asked") {
  Fixture f;
  f.t.add(ruleText("by hand"));
  auto answer = f.answer(f.observer().rulesRequest());
  auto rules = answer.getRules();
  CHECK(rules.size() == f.t.store->inForce().rules().size());
  CHECK(rules[0].getLayer() == "built-in");
  CHECK(rules[rules.size() - 1].getName() == "default");
  CHECK(f.answer(f.observer().rulesStatusRequest()).getStatus().getCount() == rules.size());
}

TEST_CASE("a connection is explained over RPC") {
  Fixture f;
  f.flows.add(curlFlow());
  auto request = f.observer().explainRequest();
  request.initQuestion().setId(1);
  CHECK(f.answer(request).getExplanation().getConnection().getId() == 1);
}

// The editor --------------------------------------------------------------------------------------

TEST_CASE("an added rule is shown as it stands, and removed by its name") {
  Fixture f;
  f.t.affects = 2;
  auto add = f.editor().addRequest();
  add.setToml(ruleText("by hand"));
  auto added = f.answer(add);
  CHECK(added.getAffected() == 2);
  CHECK(added.getRule().getName() == "by hand");
  CHECK(contains(added.getRule().getOrigin(), "policy/rules.d/0010-by-hand.toml:1"));
  auto remove = f.editor().removeRequest();
  remove.setName("by hand");
  CHECK(f.answer(remove).getAffected() == 2);
  CHECK(contains(f.refusal(f.editor().removeRequest()), "no rule is named"));
}

TEST_CASE("a reload says what is wrong") {
  Fixture f;
  CHECK(f.answer(f.editor().reloadRequest()).getStatus().getError() == "");
  f.t.folder.write("etc/rules.d/10.toml", ruleText("x", "alow"));
  auto answer = f.answer(f.editor().reloadRequest());
  CHECK(contains(answer.getStatus().getError(), "/10.toml:3:10: "));
}

TEST_CASE("a change is confirmed once, within a day") {
  Fixture f;
  auto add = f.editor().addRequest();
  add.setToml(ruleText("by hand"));
  add.setConfirmSeconds(60);
  f.answer(add);
  CHECK(f.answer(f.editor().confirmRequest()).getPending());
  CHECK_FALSE(f.answer(f.editor().confirmRequest()).getPending());
  auto late = f.editor().addRequest();
  late.setToml(ruleText("another"));
  late.setConfirmSeconds(86401);
  CHECK(contains(f.refusal(late), "within a day"));
}

}  // namespace
}  // namespace portreeve::policy
