// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-editor.h"

#include "common/log.h"
#include "policy/failure.h"
#include "policy/settings-page.h"

namespace portreeve::policy {
namespace {

constexpr uint32_t LONGEST_CONFIRMATION = 24 * 60 * 60;
constexpr uint MOST_SETTINGS = 64;

kj::Duration confirmWithin(uint32_t seconds) {
  if (seconds > LONGEST_CONFIRMATION)
    fail("a change is to be confirmed within a day at most (", LONGEST_CONFIRMATION, " s)");
  return seconds * kj::SECONDS;
}

template <typename Context>
void fillOwned(const rules::RuleSet& set, const KeptBy& whose, Context& context) {
  kj::Vector<size_t> positions;
  for (size_t i = 0; i < set.rules().size(); i++)
    if (whose.owns(set.rules()[i])) positions.add(i);
  auto list = context.getResults().initRules(uint(positions.size()));
  for (uint i = 0; i < list.size(); i++) set.fill(positions[i], list[i]);
}

class RuleEditorServer final : public proto::RuleEditor::Server {
public:
  RuleEditorServer(Edited edited, const Peer& peer)
      : rules(edited.rules),
        modes(edited.modes),
        askForLists(edited.askForLists),
        who(peer.toString()) {}

  kj::Promise<void> add(AddContext context) override {
    auto params = context.getParams();
    auto within = confirmWithin(params.getConfirmSeconds());
    return rules.add(params.getToml(), within, who)
        .then([this, within, context](RuleStore::Added added) mutable {
          log::info(kj::str("rule \"", added.rule, "\" was added by ", who, confirmWords(within)));
          context.getResults().setAffected(added.affected);
          fill(added.rule, context.getResults());
        });
  }

  kj::Promise<void> remove(RemoveContext context) override {
    auto params = context.getParams();
    auto within = confirmWithin(params.getConfirmSeconds());
    return rules.remove(params.getName(), within, who)
        .then([this, within, name = kj::str(params.getName()), context](uint32_t affected) mutable {
          log::info(kj::str("rule \"", name, "\" was removed by ", who, confirmWords(within)));
          context.getResults().setAffected(affected);
        });
  }

  kj::Promise<void> undo(UndoContext context) override {
    auto params = context.getParams();
    auto within = confirmWithin(params.getConfirmSeconds());
    return rules.undo(params.getNumber(), within, who)
        .then([this, within, context](RuleStore::Undone undone) mutable {
          log::info(
              kj::str("change ", undone.number, " was undone by ", who, confirmWords(within)));
          auto results = context.getResults();
          results.setNumber(undone.number);
          results.setWhat(undone.what);
          results.setAffected(undone.affected);
        });
  }

  kj::Promise<void> replace(ReplaceContext context) override {
    auto params = context.getParams();
    auto within = confirmWithin(params.getConfirmSeconds());
    return rules.replace(params.getName(), params.getToml(), within, who)
        .then([this, within, context](RuleStore::Added changed) mutable {
          log::info(
              kj::str("rule \"", changed.rule, "\" was changed by ", who, confirmWords(within)));
          context.getResults().setAffected(changed.affected);
          fill(changed.rule, context.getResults());
        });
  }

  kj::Promise<void> move(MoveContext context) override {
    auto params = context.getParams();
    auto within = confirmWithin(params.getConfirmSeconds());
    return rules.move(params.getName(), params.getBefore(), within, who)
        .then([this, within, name = kj::str(params.getName()), context](uint32_t affected) mutable {
          log::info(kj::str("rule \"", name, "\" was moved by ", who, confirmWords(within)));
          context.getResults().setAffected(affected);
          fill(name, context.getResults());
        });
  }

  kj::Promise<void> reload(ReloadContext context) override {
    return rules.reload().then(
        [this, context]() mutable { rules.fill(context.getResults().initStatus()); });
  }

  kj::Promise<void> confirm(ConfirmContext context) override {
    return rules.confirm().then([this, context](bool ofRules) mutable {
      return modes.confirm().then([this, context, ofRules](bool ofMode) mutable {
        if (ofRules) log::info(kj::str("the changed rules were confirmed by ", who));
        if (ofMode) log::info(kj::str(nameOf(modes.mode()), " was confirmed by ", who));
        context.getResults().setPending(ofRules || ofMode);
      });
    });
  }

  kj::Promise<void> list(ListContext context) override {
    fillOwned(rules.inForce(), KeptBy(), context);
    return kj::READY_NOW;
  }

  kj::Promise<void> useProfile(UseProfileContext context) override {
    auto params = context.getParams();
    auto within = confirmWithin(params.getConfirmSeconds());
    return rules.useProfile(params.getName(), within, who)
        .then([this, within, name = kj::str(params.getName()), context](uint32_t affected) mutable {
          log::info(kj::str("profile ", name, " was chosen by ", who, confirmWords(within)));
          auto results = context.getResults();
          results.setAffected(affected);
          rules.profiles().fill(results.initProfiles());
        });
  }

  kj::Promise<void> changeSettings(ChangeSettingsContext context) override {
    auto params = context.getParams();
    auto within = confirmWithin(params.getConfirmSeconds());
    if (params.getChanges().size() == 0) fail("say which settings are to be changed");
    if (params.getChanges().size() > MOST_SETTINGS)
      fail("these are too many settings at once: at most ", MOST_SETTINGS);
    auto changes = KJ_MAP(one, params.getChanges()) {
      return SettingChange{kj::str(one.getName()), kj::str(one.getValue())};
    };
    return rules.changeSettings(kj::mv(changes), within, who)
        .then([this, within, context](uint32_t affected) mutable {
          log::info(kj::str("settings were changed by ", who, confirmWords(within)));
          auto results = context.getResults();
          results.setAffected(affected);
          fillSettings(rules, results.initPage());
        });
  }

  kj::Promise<void> updateLists(UpdateListsContext context) override {
    return askForLists().then(
        [this]() { log::info(kj::str("an update of the lists was asked for by ", who)); });
  }

private:
  RuleStore& rules;
  Modes& modes;
  kj::Function<kj::Promise<void>()>& askForLists;
  kj::String who;

  template <typename Results>
  void fill(kj::StringPtr name, Results results) {
    auto& set = rules.inForce();
    KJ_IF_MAYBE (position, set.find(name)) set.fill(*position, results.initRule());
  }

  static kj::String confirmWords(kj::Duration within) {
    if (within == 0 * kj::SECONDS) return kj::String();
    return kj::str(", to be confirmed within ", within / kj::SECONDS, " s");
  }
};

class OwnRuleEditorServer final : public proto::RuleEditor::Server {
  // Nothing but the rules of one user, whatever is asked for.
public:
  OwnRuleEditorServer(RuleStore& rules, const Peer& peer)
      : rules(rules), who(peer.toString()), whose{uint32_t(peer.uid)} {}

  kj::Promise<void> add(AddContext context) override {
    auto params = context.getParams();
    return rules.add(params.getToml(), confirmWithin(params.getConfirmSeconds()), who, whose)
        .then([this, context](RuleStore::Added added) mutable {
          log::info(kj::str("a rule of their own was added by ", who));
          auto results = context.getResults();
          results.setAffected(added.affected);
          auto& set = rules.inForce();
          for (size_t i = 0; i < set.rules().size(); i++)
            if (whose.owns(set.rules()[i]) && set.rules()[i].name == added.rule)
              return set.fill(i, results.initRule());
        });
  }

  kj::Promise<void> remove(RemoveContext context) override {
    auto params = context.getParams();
    return rules.remove(params.getName(), confirmWithin(params.getConfirmSeconds()), who, whose)
        .then([this, context](uint32_t affected) mutable {
          log::info(kj::str("a rule of their own was removed by ", who));
          context.getResults().setAffected(affected);
        });
  }

  kj::Promise<void> list(ListContext context) override {
    fillOwned(rules.inForce(), whose, context);
    return kj::READY_NOW;
  }

  kj::Promise<void> reload(ReloadContext context) override { notEntitled(); }
  kj::Promise<void> confirm(ConfirmContext context) override { notEntitled(); }
  kj::Promise<void> undo(UndoContext context) override { notEntitled(); }
  kj::Promise<void> replace(ReplaceContext context) override { notEntitled(); }
  kj::Promise<void> move(MoveContext context) override { notEntitled(); }
  kj::Promise<void> useProfile(UseProfileContext context) override { notEntitled(); }
  kj::Promise<void> changeSettings(ChangeSettingsContext context) override { notEntitled(); }
  kj::Promise<void> updateLists(UpdateListsContext context) override { notEntitled(); }

private:
  RuleStore& rules;
  kj::String who;
  KeptBy whose;

  [[noreturn]] void notEntitled() const {
    fail("not entitled: ", who, " may change rules of their own alone: this is for root and the ",
         "group portreeve-admin");
  }
};

}  // namespace

proto::RuleEditor::Client makeOwnRuleEditor(RuleStore& rules, const Peer& who) {
  return kj::heap<OwnRuleEditorServer>(rules, who);
}

proto::RuleEditor::Client makeRuleEditor(Edited edited, const Peer& who) {
  return kj::heap<RuleEditorServer>(edited, who);
}

}  // namespace portreeve::policy
