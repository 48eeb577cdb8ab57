// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/settings.h"

#include "cli/change-effects.h"
#include "cli/printable.h"
#include "cli/remote-login.h"
#include "cli/rule-text.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/json.h"
#include "common/settings-catalogue.h"
#include "proto/policy.capnp.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

kj::String nameOf(view::SettingView::Reader setting) {
  return kj::str(setting.getSection(), '.', setting.getKey());
}

void show(view::SettingsPage::Reader page) {
  Table table{{"SETTING"}, {"VALUE"}, {"DEFAULT"}, {"FROM"}, {"A CHANGE IS IN FORCE"}};
  for (auto setting : page.getSettings()) {
    bool own = setting.getOrigin() != "default";
    table.add(nameOf(setting), Cell(setting.getValue(), own ? Colour::BOLD : Colour::NONE),
              setting.getDefault().size() > 0 ? kj::str(setting.getDefault()) : kj::str("-"),
              setting.getOrigin(), setting.getTakesForce());
  }
  print(table.text());
  if (page.getError().size() > 0) say(printable(page.getError()));
  say("those of [policy] are changed with `portreeve settings set`, the others in the file");
}

kj::String valueOf(const SettingsSetOptions& options) {
  auto& values = options.values;
  auto dot = options.name.rfind('.');
  bool isList = values.size() > 1;
  if (dot != std::string::npos && values.size() == 1)
    KJ_IF_MAYBE (known, findSetting(options.name.substr(0, dot).c_str(),
                                    options.name.substr(dot + 1).c_str()))
      isList = known->kind == SettingKind::TEXTS && values[0].front() != '[';
  if (values.empty()) return kj::String();
  if (!isList) return kj::str(values[0].c_str());
  kj::Vector<kj::String> texts;
  for (auto& value : values) texts.add(quotedToml(value.c_str()));
  return kj::str('[', kj::strArray(texts, ", "), ']');
}

}  // namespace

int settings(const SettingsOptions& options) {
  Session session;
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto answer = session.await("policy", observer.settingsRequest().send());
  if (options.json)
    printLine(toJson(answer.getPage()));
  else
    show(answer.getPage());
  return GOOD;
}

int settingsSet(const SettingsSetOptions& options) {
  for (auto& value : options.values)
    if (value.empty())
      throw Failure(WRONG_USE, "a value is missing; `portreeve settings reset ",
                    options.name.c_str(), "` takes back what was set");
  Session session;
  auto editor = session.dial<proto::Policy>("policy").editRequest().send().getEditor();
  auto request = editor.changeSettingsRequest();
  auto change = request.initChanges(1)[0];
  change.setName(options.name.c_str());
  change.setValue(valueOf(options));
  uint32_t seconds = confirmSeconds(options.confirmSeconds, "the setting");
  request.setConfirmSeconds(seconds);
  auto answer = session.await("policy", request.send());
  for (auto setting : answer.getPage().getSettings())
    if (nameOf(setting) == options.name.c_str())
      printLine(printable(
          kj::str(nameOf(setting), " = ", setting.getValue(), "   (", setting.getOrigin(), ')')));
  sayAffected(answer.getAffected());
  sayConfirm(seconds);
  return GOOD;
}

}  // namespace portreeve::cli
