// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a policy that mints one link, and what its observer sees. Everything is local: no
// sockets, no processes.
#pragma once

#include "api-gateway/suite-link.h"
#include "common/rpc-client.h"

#include <kj/debug.h>
#include <sys/types.h>

#include <vector>

namespace portreeve::gateway {

constexpr auto GOOD_SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"_kj;

inline void describeConnection(proto::view::Connection::Builder connection, double id) {
  connection.setId(id);
  connection.setTime("2026-11-24T13:56:00.123Z");
  connection.setDirection("out");
  connection.setProtocol("tcp");
  connection.initRemote().setPort(443);
  connection.setDomain("example.org");
  connection.initProcess().setPath("/usr/bin/curl");
  auto verdict = connection.initVerdict();
  verdict.setAction("allow");
  verdict.setRule("curl may read example.org");
}

struct FakePolicyState {
  // What the fakes were asked, and how they are to behave.
  bool away = false;
  bool gone = false;    // the observer's calls fail as those of a dead process
  bool silent = false;  // they never answer
  uint redeemed = 0;
  bool mayChange = false;
  uint32_t owner = 1000;  // of whoever asks
  bool attributorAway = false;
  bool attributorHangs = false;
  uint rulesVersion = 0;  // in the rule's text
  kj::Vector<kj::String> added, removed;
  bool historianAway = false;
  bool resolverAway = false;
  kj::Vector<kj::String> summaries;                         // by what, of which program, how many
  std::vector<kj::StringPtr> programs{"/usr/bin/curl"_kj};  // the most connections first
  kj::String historyAsked;                                  // the filter, in words
  kj::String historyRefuses;                                // why, where it does
  uint32_t askedLimit = 0;
  uint64_t askedAfter = 0;
  kj::String askedProgram;
  kj::String rulesError;
  kj::Maybe<proto::ConnectionSink::Client> sink;
  uint subscriptions = 0;  // held now
  uint tokensOpened = 0;
  kj::Maybe<proto::PromptSink::Client> promptSink;
  bool present = false;
  kj::String answered, mode;
  kj::String setting = kj::str("\"allow\"");  // policy.default
  uint listsUpdated = 0;
  uint statusCollected = 0;
  uint32_t tokenUid = 1000;
  proto::SessionRole tokenRole = proto::SessionRole::OBSERVE;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> tokenEnd;  // to be fulfilled: it is revoked
};

inline void describeSettings(proto::view::SettingsPage::Builder page, kj::StringPtr value) {
  auto setting = page.initSettings(1)[0];
  setting.setSection("policy");
  setting.setKey("default");
  setting.setValue(value);
}

class FakeObserver final : public proto::Observer::Server {
public:
  explicit FakeObserver(FakePolicyState& state) : state(state) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    return behave([this, context]() mutable {
      auto filter = context.getParams().getFilter();
      state.askedLimit = filter.getLimit();
      state.askedProgram = kj::str(filter.getProgram());
      describeConnection(context.getResults().initConnections(1)[0], 17);
    });
  }

  kj::Promise<void> follow(FollowContext context) override {
    return behave([this, context]() mutable {
      state.askedAfter = context.getParams().getFilter().getAfterId();
      state.sink = context.getParams().getSink();
      context.getResults().setSubscription(kj::heap<FakeSubscription>(state));
    });
  }

  kj::Promise<void> rules(RulesContext context) override {
    return behave([this, context]() mutable {
      auto rule = context.getResults().initRules(1)[0];
      rule.setName("curl may read example.org");
      rule.setLayer("suite");
      rule.setOrigin("own.toml:3");
      rule.setText(kj::str("# version ", state.rulesVersion));
    });
  }

  kj::Promise<void> sources(SourcesContext context) override {
    return behave([this, context]() mutable {
      auto source = context.getResults().initSources(1)[0];
      source.setFile("own.toml");
      source.setText(kj::str("[sets]\n# version ", state.rulesVersion));
      source.setOwn(true);
    });
  }

  kj::Promise<void> rulesStatus(RulesStatusContext context) override {
    return behave([this, context]() mutable {
      auto status = context.getResults().initStatus();
      status.setCount(12);
      status.setError(state.rulesError);
    });
  }

  kj::Promise<void> settings(SettingsContext context) override {
    return behave([this, context]() mutable {
      describeSettings(context.getResults().initPage(), state.setting);
    });
  }

  kj::Promise<void> networksOf(NetworksOfContext context) override {
    return behave([context]() mutable {
      auto addresses = context.getParams().getAddresses();
      auto networks = context.getResults().initNetworks(addresses.size());
      for (uint i = 0; i < networks.size(); i++) {
        networks[i].setAddress(addresses[i]);
        networks[i].setScope("internet");
        networks[i].setCountry("NZ");
      }
    });
  }

  kj::Promise<void> profiles(ProfilesContext context) override {
    return behave([context]() mutable { context.getResults().initProfiles(); });
  }

private:
  FakePolicyState& state;

  class FakeSubscription final : public proto::Subscription::Server {
  public:
    explicit FakeSubscription(FakePolicyState& state) : state(state) { state.subscriptions++; }
    ~FakeSubscription() noexcept(false) { state.subscriptions--; }

  private:
    FakePolicyState& state;
  };

  kj::Promise<void> behave(kj::Function<void()> answer) {
    if (state.gone) return KJ_EXCEPTION(DISCONNECTED, "peer disconnected");
    if (state.silent) return kj::NEVER_DONE;
    answer();
    return kj::READY_NOW;
  }
};

class FakeEditor final : public proto::RuleEditor::Server {
public:
  explicit FakeEditor(FakePolicyState& state) : state(state) {}

  kj::Promise<void> add(AddContext context) override {
    auto toml = context.getParams().getToml();
    if (toml == "wrong") return KJ_EXCEPTION(FAILED, "rule:1:1: that is no rule");
    state.added.add(kj::str(toml));
    state.rulesVersion++;
    context.getResults().initRule().setName("added");
    context.getResults().setAffected(2);
    return kj::READY_NOW;
  }

  kj::Promise<void> remove(RemoveContext context) override {
    state.removed.add(kj::str(context.getParams().getName()));
    state.rulesVersion++;
    return kj::READY_NOW;
  }

  kj::Promise<void> confirm(ConfirmContext context) override {
    context.getResults().setPending(true);
    return kj::READY_NOW;
  }

  kj::Promise<void> changeSettings(ChangeSettingsContext context) override {
    auto change = context.getParams().getChanges()[0];
    if (change.getName() != "policy.default")
      return KJ_EXCEPTION(FAILED, "there is no setting \"policy.colour\"");
    state.setting = kj::str(change.getValue());
    context.getResults().setAffected(5);
    describeSettings(context.getResults().initPage(), state.setting);
    return kj::READY_NOW;
  }

  kj::Promise<void> updateLists(UpdateListsContext context) override {
    state.listsUpdated++;
    return kj::READY_NOW;
  }

private:
  FakePolicyState& state;
};

class FakeResolver final : public proto::Resolver::Server {
public:
  kj::Promise<void> log(LogContext context) override {
    auto query = context.getResults().initQueries(1)[0];
    query.setName("example.org");
    query.setNumber(context.getParams().getAfter() + 1);
    query.setUid(-1);
    context.getResults().setLast(9);
    return kj::READY_NOW;
  }
  kj::Promise<void> upstreams(UpstreamsContext context) override {
    context.getResults().initUpstreams(1)[0].setServer("tls://192.0.2.1#dns.example");
    return kj::READY_NOW;
  }
  kj::Promise<void> lookup(LookupContext context) override {
    KJ_REQUIRE(context.getParams().getName() != "..", "is not a domain name");
    context.getResults().initLookup().setName(context.getParams().getName());
    return kj::READY_NOW;
  }
  kj::Promise<void> flush(FlushContext context) override {
    KJ_REQUIRE(context.getParams().getBelow() != "..", "is not a domain name");
    context.getResults().setCount(3);
    return kj::READY_NOW;
  }
};

class FakeHistory final : public proto::History::Server {
public:
  explicit FakeHistory(FakePolicyState& state) : state(state) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    auto filter = context.getParams().getFilter();
    state.historyAsked = kj::str(filter.getProgram(), ' ', filter.getPort(), ' ', filter.getLimit(),
                                 filter.getOldestFirst() ? " oldest" : "");
    if (state.historyRefuses.size() > 0) return KJ_EXCEPTION(FAILED, "no", state.historyRefuses);
    describeConnection(context.getResults().initPage().initConnections(1)[0], 17);
    return kj::READY_NOW;
  }

  kj::Promise<void> summary(SummaryContext context) override {
    auto params = context.getParams();
    state.summaries.add(kj::str(params.getBy(), ' ', params.getFilter().getProgram(), ' ',
                                params.getFilter().getLimit()));
    bool byProgram = params.getBy() == "program";
    auto groups = context.getResults().initGroups(byProgram ? uint(state.programs.size()) : 1);
    for (uint i = 0; i < groups.size(); i++) {
      groups[i].setKey(byProgram ? state.programs[i] : "key"_kj);
      groups[i].setConnections(40);
      groups[i].setRefused(3);
      groups[i].setBytesIn(5000);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> queries(QueriesContext context) override {
    context.getResults().initPage().initQueries(1)[0].setName("example.org");
    return kj::READY_NOW;
  }

  kj::Promise<void> replay(ReplayContext context) override {
    kj::Vector<kj::String> words;
    for (auto rule : context.getParams().getRules())
      words.add(kj::str(rule.getFile(), '=', rule.getText()));
    state.historyAsked = kj::strArray(words, "|");
    context.getResults().initOutcome().setConnections(4711);
    return kj::READY_NOW;
  }

private:
  FakePolicyState& state;
};

class FakeHistorian final : public proto::Historian::Server {
public:
  explicit FakeHistorian(FakePolicyState& state) : state(state) {}
  kj::Promise<void> history(HistoryContext context) override {
    context.getResults().setHistory(kj::heap<FakeHistory>(state));
    return kj::READY_NOW;
  }

private:
  FakePolicyState& state;
};

constexpr auto GOOD_TOKEN =
    "portreeve_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"_kj;

class FakeTokens final : public proto::Tokens::Server {
public:
  kj::Promise<void> create(CreateContext context) override {
    auto wanted = context.getParams().getWanted();
    if (wanted.getRole() == "change")
      return KJ_EXCEPTION(FAILED, "not entitled: a token that may change");
    context.getResults().setToken(GOOD_TOKEN);
    context.getResults().initView().setName(wanted.getName());
    return kj::READY_NOW;
  }
  kj::Promise<void> list(ListContext context) override {
    context.getResults().initTokens(1)[0].setName("prometheus");
    return kj::READY_NOW;
  }
  kj::Promise<void> revoke(RevokeContext context) override {
    if (context.getParams().getId() != 7) return KJ_EXCEPTION(FAILED, "there is no such token");
    return kj::READY_NOW;
  }
};

class FakePrompts final : public proto::Prompts::Server {
public:
  explicit FakePrompts(FakePolicyState& state) : state(state) {}

  kj::Promise<void> list(ListContext context) override {
    fill(context.getResults().initPrompts(1)[0]);
    return kj::READY_NOW;
  }
  kj::Promise<void> watch(WatchContext context) override {
    state.present = context.getParams().getPresent();
    state.promptSink = context.getParams().getSink();
    context.getResults().setSubscription(kj::heap<Watched>());
    return kj::READY_NOW;
  }
  kj::Promise<void> answer(AnswerContext context) override {
    auto given = context.getParams();
    if (given.getId() != 7) return KJ_EXCEPTION(FAILED, "there is no such question any more");
    state.answered = kj::str(given.getAnswer().getAction(), ' ', given.getAnswer().getScope());
    context.getResults().initAnswered().setSettled(2);
    return kj::READY_NOW;
  }
  kj::Promise<void> dismiss(DismissContext context) override {
    state.answered = kj::str("dismissed ", context.getParams().getId());
    return kj::READY_NOW;
  }
  static void fill(proto::Prompt::Builder prompt) {
    prompt.setId(7);
    prompt.setDomain("example.org");
  }

private:
  FakePolicyState& state;
  class Watched final : public proto::PromptSubscription::Server {};
};

class FakeModes final : public proto::Modes::Server {
public:
  explicit FakeModes(FakePolicyState& state) : state(state) {}
  kj::Promise<void> begin(BeginContext context) override {
    auto request = context.getParams().getRequest();
    state.mode = kj::str(uint(request.getMode()), ' ', request.getSeconds());
    context.getResults().setAffected(4);
    return kj::READY_NOW;
  }
  kj::Promise<void> end(EndContext context) override {
    state.mode = kj::str("ended");
    return kj::READY_NOW;
  }
  kj::Promise<void> review(ReviewContext context) override {
    context.getResults().initRules(1)[0].setName("learned");
    return kj::READY_NOW;
  }
  kj::Promise<void> forget(ForgetContext context) override {
    context.getResults().setKinds(9);
    return kj::READY_NOW;
  }

private:
  FakePolicyState& state;
};

class FakeOpener final : public proto::TokenOpener::Server {
public:
  explicit FakeOpener(FakePolicyState& state) : state(state) {}

  kj::Promise<void> open(OpenContext context) override {
    if (context.getParams().getToken() != GOOD_TOKEN) return KJ_EXCEPTION(FAILED, "no such token");
    state.tokensOpened++;
    auto results = context.getResults();
    results.setUid(state.tokenUid);
    results.setRole(state.tokenRole);
    results.setObserver(kj::heap<FakeObserver>(state));
    results.setValidity(kj::heap<FakeValidity>(state));
    results.setPrompts(kj::heap<FakePrompts>(state));
    if (state.tokenRole != proto::SessionRole::CHANGE) return kj::READY_NOW;
    results.setEditor(kj::heap<FakeEditor>(state));
    results.setModes(kj::heap<FakeModes>(state));
    return kj::READY_NOW;
  }

private:
  FakePolicyState& state;

  class FakeValidity final : public proto::TokenValidity::Server {
  public:
    explicit FakeValidity(FakePolicyState& state) : state(state) {}
    kj::Promise<void> ended(EndedContext context) override {
      auto paf = kj::newPromiseAndFulfiller<void>();
      state.tokenEnd = kj::mv(paf.fulfiller);
      return kj::mv(paf.promise);
    }

  private:
    FakePolicyState& state;
  };
};

class FakePolicy final : public proto::Policy::Server {
public:
  explicit FakePolicy(FakePolicyState& state) : state(state) {}

  kj::Promise<void> redeem(RedeemContext context) override {
    if (state.silent) return kj::NEVER_DONE;
    if (context.getParams().getSecret() != GOOD_SECRET || state.redeemed > 0)
      return KJ_EXCEPTION(FAILED, "no such secret");
    state.redeemed++;
    context.getResults().setUid(1000);
    context.getResults().setObserver(kj::heap<FakeObserver>(state));
    context.getResults().setMayChange(state.mayChange);
    context.getResults().setRole(state.mayChange ? proto::SessionRole::CHANGE
                                                 : proto::SessionRole::OBSERVE);
    context.getResults().setTokens(kj::heap<FakeTokens>());
    context.getResults().setPrompts(kj::heap<FakePrompts>(state));
    if (state.mayChange) context.getResults().setModes(kj::heap<FakeModes>(state));
    if (state.mayChange) context.getResults().setEditor(kj::heap<FakeEditor>(state));
    return kj::READY_NOW;
  }

  kj::Promise<void> tokens(TokensContext context) override {
    if (state.silent) return kj::NEVER_DONE;
    context.getResults().setOpener(kj::heap<FakeOpener>(state));
    return kj::READY_NOW;
  }

private:
  FakePolicyState& state;
};

class FakeGate final : public proto::Gate::Server {
public:
  kj::Promise<void> ways(WaysContext context) override {
    context.getResults().initWays(1)[0].setName("work");
    return kj::READY_NOW;
  }
};

class FakeAttributor final : public proto::Attributor::Server {
public:
  kj::Promise<void> who(WhoContext context) override {
    auto process = context.getResults().initProcess();
    if (context.getParams().getTuple().getSourcePort() != 40000) return kj::READY_NOW;
    process.setPid(4711);
    process.setPath("/usr/bin/curl");
    return kj::READY_NOW;
  }
};

class FakeSuite final : public SuiteLink {
public:
  FakePolicyState state;

  kj::Maybe<proto::Policy::Client> policy() override {
    if (state.away) return nullptr;
    return proto::Policy::Client(kj::heap<FakePolicy>(state));
  }

  kj::Maybe<proto::Resolver::Client> resolver() override {
    if (state.resolverAway) return nullptr;
    return proto::Resolver::Client(kj::heap<FakeResolver>());
  }
  kj::Maybe<proto::Historian::Client> historian() override {
    if (state.historianAway) return nullptr;
    return proto::Historian::Client(kj::heap<FakeHistorian>(state));
  }

  kj::Maybe<proto::Gate::Client> gate() override {
    if (state.attributorAway) return nullptr;
    return proto::Gate::Client(kj::heap<FakeGate>());
  }

  kj::Maybe<proto::Attributor::Client> attributor() override {
    if (state.attributorAway) return nullptr;
    return proto::Attributor::Client(kj::heap<FakeAttributor>());
  }

  kj::Promise<uint32_t> ownerOf(const Tuple& socket) override {
    if (state.attributorAway) return KJ_EXCEPTION(DISCONNECTED, "not there");
    if (state.attributorHangs) return kj::NEVER_DONE;
    return uint32_t(state.owner);
  }

  kj::Promise<void> collectStatus(proto::view::Status::Builder status) override {
    state.statusCollected++;
    status.setState("enforcing");
    status.setVersion("0.1.0");
    return kj::READY_NOW;
  }
};

}  // namespace portreeve::gateway
