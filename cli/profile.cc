// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/profile.h"

#include "cli/change-effects.h"
#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/remote-login.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/clock.h"
#include "common/json.h"
#include "proto/policy.capnp.h"

namespace portreeve::cli {
namespace {

kj::String orDash(kj::StringPtr text) {
  return kj::str(text.size() > 0 ? text : "-"_kj);
}

kj::String words(capnp::List<capnp::Text>::Reader texts) {
  return orDash(kj::strArray(texts, " or "));
}

void showInForce(proto::ProfilesView::Reader view) {
  auto name = view.getInForce();
  printLine(
      kj::str(name.size() == 0 ? kj::str("No profile is in force")
                               : kj::str("In force: ", painted(printable(name), Colour::BOLD)),
              ", since ", localTime(view.getSince(), wallNs()), ": ", printable(view.getReason())));
}

void showProfiles(capnp::List<proto::ProfileView>::Reader profiles) {
  if (profiles.size() == 0)
    return printLine("There are none: portreeve.toml has no [profile.NAME].");
  Table table{{""}, {"PROFILE"}, {"DEFAULT"}, {"UNANSWERED"}, {"HERE"}, {"WHEN"}};
  for (auto profile : profiles)
    table.add(profile.getInForce() ? "*" : "", profile.getName(), orDash(profile.getDefault()),
              orDash(profile.getUnanswered()), profile.getHere() ? "yes" : "no",
              words(profile.getWhen()));
  print(kj::str('\n', table.text()));
}

void showNetwork(proto::ProfilesView::Reader view) {
  if (!view.getKnown()) return;
  auto here = view.getAttachment();
  printLine("\nWhat a condition can go by now:");
  for (auto gateway : here.getGateways())
    printLine(kj::str("  gateway = \"", gateway.getMac(), "\"   (", gateway.getAddress(), " on ",
                      printable(gateway.getInterface()),
                      gateway.getMac().size() == 0 ? ", not spoken to yet)" : ")"));
  for (auto one : here.getWireless())
    printLine(kj::str("  ssid = \"", printable(one.getSsid()), "\"   (",
                      printable(one.getInterface()), ')'));
  for (auto name : here.getInterfaces())
    printLine(kj::str("  interface = \"", printable(name), '"'));
  printLine(kj::str("  vpn = ", here.getVpns().size() > 0 ? "true" : "false",
                    here.getVpns().size() > 0
                        ? kj::str("   (", printable(kj::strArray(here.getVpns(), ", ")), ')')
                        : kj::String()));
}

}  // namespace

int profileList(const ProfileListOptions& options) {
  Session session;
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto answer = session.await("policy", observer.profilesRequest().send());
  auto view = answer.getProfiles();
  if (options.json) {
    printLine(toJson(view));
    return GOOD;
  }
  showInForce(view);
  showProfiles(view.getProfiles());
  showNetwork(view);
  return GOOD;
}

int profileUse(const ProfileUseOptions& options) {
  Session session;
  auto editor = session.dial<proto::Policy>("policy").editRequest().send().getEditor();
  auto request = editor.useProfileRequest();
  request.setName(options.name.c_str());
  uint32_t seconds = confirmSeconds(options.confirmSeconds, "the profile");
  request.setConfirmSeconds(seconds);
  auto answer = session.await("policy", request.send());
  showInForce(answer.getProfiles());
  sayAffected(answer.getAffected());
  sayConfirm(seconds);
  return GOOD;
}

}  // namespace portreeve::cli
