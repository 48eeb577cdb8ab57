// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/bootstrap.h"

#include "common/log.h"
#include "common/status.h"
#include "policy/attachments.h"
#include "policy/entitlements.h"
#include "policy/failure.h"
#include "policy/rule-editor.h"

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
    context.getResults().setEditor(makeRuleEditor(parts.rules, peer.peer()));
    return kj::READY_NOW;
  }

  kj::Promise<void> mintSession(MintSessionContext context) override {
    requireMay(peer, Method::MINT_SESSION);
    uid_t uid = context.getParams().getForUid();
    if (uid != peer.peer().uid && !peer.isRoot())
      fail("not entitled: a session is for your own uid; only root names another");
    bool mayChange = changesAllowed(context.getParams().getRole());
    context.getResults().setSecret(parts.secrets.mint(uid, mayChange));
    log::info(kj::str("a link to the page was made for uid ", uid,
                      mayChange ? ", to change rules," : "", " by ", peer.peer().toString()));
    return kj::READY_NOW;
  }

  kj::Promise<void> redeem(RedeemContext context) override {
    requireMay(peer, Method::REDEEM);
    KJ_IF_MAYBE (owner, parts.secrets.redeem(context.getParams().getSecret())) {
      auto results = context.getResults();
      results.setUid(owner->uid);
      results.setObserver(observer());
      results.setMayChange(owner->mayChange);
      if (owner->mayChange) results.setEditor(editorFor(owner->uid));
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

  kj::Promise<void> status(StatusContext context) override {
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

  bool changesAllowed(proto::SessionRole wanted) {
    bool may = mayCall(standingOf(peer), Method::EDIT);
    if (wanted == proto::SessionRole::CHANGE && !may)
      fail("not entitled: a session that changes rules is for root and the group portreeve-admin");
    return may && wanted != proto::SessionRole::OBSERVE;
  }

  proto::RuleEditor::Client editorFor(uid_t uid) {
    // The log names whom the session is of, not the gateway that holds it.
    Peer who;
    who.uid = uid;
    return makeRuleEditor(parts.rules, who);
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
