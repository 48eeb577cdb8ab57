// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/bootstrap.h"

#include "common/log.h"
#include "common/status.h"
#include "policy/attachments.h"
#include "policy/entitlements.h"
#include "policy/failure.h"
#include "policy/rule-editor.h"
#include "policy/token-holder.h"

namespace portreeve::policy {
namespace {

class Bootstrap final : public proto::Policy::Server {
public:
  Bootstrap(BootstrapParts& parts, Entitlement peer) : parts(parts), peer(kj::mv(peer)) {}

  kj::Promise<void> attributed(AttributedContext context) override {
    requireMay(peer, Method::ATTRIBUTED);
    context.getResults().setInlet(parts.attributed());
    return kj::READY_NOW;
  }

  kj::Promise<void> names(NamesContext context) override {
    requireMay(peer, Method::NAMES);
    context.getResults().setJudge(parts.names());
    return kj::READY_NOW;
  }

  kj::Promise<void> observe(ObserveContext context) override {
    requireMay(peer, Method::OBSERVE);
    context.getResults().setObserver(observer());
    return kj::READY_NOW;
  }

  kj::Promise<void> edit(EditContext context) override {
    requireMay(peer, Method::EDIT);
    context.getResults().setEditor(makeRuleEditor(edited(), peer.peer()));
    return kj::READY_NOW;
  }

  kj::Promise<void> mintSession(MintSessionContext context) override {
    requireMay(peer, Method::MINT_SESSION);
    uid_t uid = context.getParams().getForUid();
    if (uid != peer.peer().uid && !peer.isRoot())
      fail("not entitled: a session is for your own uid; only root names another");
    auto role = roleAllowed(context.getParams().getRole());
    context.getResults().setSecret(parts.secrets.mint(uid, role));
    log::info(kj::str("a link to the page (", roleText(role), ") was made for uid ", uid, " by ",
                      peer.peer().toString()));
    return kj::READY_NOW;
  }

  kj::Promise<void> redeem(RedeemContext context) override {
    requireMay(peer, Method::REDEEM);
    KJ_IF_MAYBE (owner, parts.secrets.redeem(context.getParams().getSecret())) {
      auto results = context.getResults();
      results.setUid(owner->uid);
      bool mayChange = owner->role == proto::SessionRole::CHANGE;
      results.setMayChange(mayChange);
      giveByRole(results, owner->uid, owner->role);
      results.setTokens(
          makeTokens(parts.tokens, parts.users, {owner->uid, owner->role, mayChange}));
      return kj::READY_NOW;
    }
    fail("this link is unknown, used or too old");
  }

  kj::Promise<void> record(RecordContext context) override {
    requireMay(peer, Method::RECORD);
    auto& history = parts.history;
    if (!history.wanted()) fail("history is switched off: [history] enabled in portreeve.toml");
    auto results = context.getResults();
    results.setLife(history.life());
    results.setRecording(history.record(context.getParams().getRecorder()));
    return kj::READY_NOW;
  }

  kj::Promise<void> attachment(AttachmentContext context) override {
    requireMay(peer, Method::ATTACHMENT);
    context.getResults().setListener(makeAttachmentListener(parts.rules));
    return kj::READY_NOW;
  }

  kj::Promise<void> gate(GateContext context) override {
    requireMay(peer, Method::GATE);
    context.getResults().setRoutes(parts.gate(context.getParams().getWatcher()));
    return kj::READY_NOW;
  }

  kj::Promise<void> tokens(TokensContext context) override {
    if (mayCall(standingOf(peer), Method::OPEN_TOKEN)) {
      context.getResults().setOpener(kj::heap<Opener>(*this, thisCap()));
      return kj::READY_NOW;
    }
    requireMay(peer, Method::TOKENS);
    auto most = roleAllowed(proto::SessionRole::BEST);
    context.getResults().setTokens(makeTokens(parts.tokens, parts.users, {peer.peer().uid, most}));
    return kj::READY_NOW;
  }

  kj::Promise<void> prompts(PromptsContext context) override {
    requireMay(peer, Method::PROMPTS);
    context.getResults().setPrompts(makePrompts(parts.prompts, Viewer::of(peer, parts.users)));
    return kj::READY_NOW;
  }

  kj::Promise<void> modes(ModesContext context) override {
    requireMay(peer, Method::MODES);
    context.getResults().setModes(
        makeModes(parts.modes, parts.learned, nameAndUid(peer.peer().uid, parts.users)));
    return kj::READY_NOW;
  }

  kj::Promise<void> ownRules(OwnRulesContext context) override {
    requireMay(peer, Method::OWN_RULES);
    context.getResults().setEditor(makeOwnRuleEditor(parts.rules, peer.peer()));
    return kj::READY_NOW;
  }

  kj::Promise<void> status(StatusContext context) override {
    requireMay(peer, Method::STATUS);
    parts.fillStatus(context.getResults().initStatuses(1)[0]);
    return kj::READY_NOW;
  }

  kj::Promise<void> versions(VersionsContext context) override {
    fillVersions(context.getResults());
    return kj::READY_NOW;
  }

private:
  BootstrapParts& parts;
  Entitlement peer;

  class Opener final : public proto::TokenOpener::Server {
  public:
    Opener(Bootstrap& bootstrap, capnp::Capability::Client alive)
        : bootstrap(bootstrap), alive(kj::mv(alive)) {}

    kj::Promise<void> open(OpenContext context) override {
      auto& parts = bootstrap.parts;
      KJ_IF_MAYBE (token, parts.tokens.open(context.getParams().getToken())) {
        auto results = context.getResults();
        results.setUid(token->uid);
        bootstrap.giveByRole(results, token->uid, token->role);
        results.setValidity(makeValidity(parts.tokens, token->id));
        return kj::READY_NOW;
      }
      fail("this token is unknown, revoked or expired");
    }

  private:
    Bootstrap& bootstrap;
    capnp::Capability::Client alive;  // keeps `bootstrap`
  };

  proto::SessionRole roleAllowed(proto::SessionRole wanted) {
    using proto::SessionRole;
    bool mayChange = mayCall(standingOf(peer), Method::EDIT);
    if (wanted == SessionRole::BEST) return mayChange ? SessionRole::CHANGE : SessionRole::ANSWER;
    if (wanted == SessionRole::CHANGE && !mayChange)
      fail("not entitled: a session that changes rules is for root and the group portreeve-admin");
    return wanted;
  }

  Edited edited() { return {parts.rules, parts.modes, parts.askForLists}; }

  template <typename Results>
  void giveByRole(Results& results, uid_t uid, proto::SessionRole role) {
    results.setRole(role);
    results.setObserver(observer());
    results.setPrompts(makePrompts(parts.prompts, Viewer::ofSession(uid, role, parts.users)));
    if (role != proto::SessionRole::CHANGE) return;
    results.setEditor(editorFor(uid));
    results.setModes(makeModes(parts.modes, parts.learned, nameAndUid(uid, parts.users)));
  }

  proto::RuleEditor::Client editorFor(uid_t uid) {
    // The log names whom the session is of, not the gateway that holds it.
    Peer who;
    who.uid = uid;
    return makeRuleEditor(edited(), who);
  }

  proto::Observer::Client observer() {
    return makeObserver(
        Observed{parts.rules, parts.flows, parts.followers, parts.users, parts.refreshBytes});
  }
};

}  // namespace

proto::Policy::Client makeBootstrap(BootstrapParts& parts, Entitlement peer) {
  return kj::heap<Bootstrap>(parts, kj::mv(peer));
}

}  // namespace portreeve::policy
