// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/ui.h"

#include "cli/browser.h"
#include "cli/endpoint.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "common/settings.h"
#include "proto/policy.capnp.h"

#include <kj/exception.h>
#include <stdlib.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr USUAL_PLACE = "127.0.0.1:817"_kj;

kj::String placeOfPage(const Directories& directories) {
  // The settings may be for root's eyes only; the usual place is as good a guess as any then.
  auto place = kj::str(USUAL_PLACE);
  auto unreadable = kj::runCatchingExceptions([&]() {
    auto settings = Settings::load(directories.settingsFile());
    if (!settings.gateway.listen.empty()) place = kj::str(settings.gateway.listen[0]);
  });
  return unreadable == nullptr ? kj::mv(place) : kj::str(USUAL_PLACE);
}

uid_t whose(const UiOptions& options) {
  if (!options.forUser) return geteuid();
  const char* behindSudo = getenv("SUDO_UID");
  KJ_IF_MAYBE (uid, UserNames{}.uidOf(behindSudo == nullptr ? "" : behindSudo)) return *uid;
  throw Failure(WRONG_USE, "--for-user: $SUDO_UID names nobody: it is for `sudo portreeve ui`");
}

}  // namespace

int ui(const UiOptions& options) {
  uid_t uid = whose(options);
  Session session;
  auto request = session.dial<proto::Policy>("policy").mintSessionRequest();
  request.setForUid(uid);
  if (options.observe) request.setRole(proto::SessionRole::OBSERVE);
  auto answer = session.await("policy", request.send());
  auto link = kj::str("http://", placeOfPage(session.directories), "/login#", answer.getSecret());
  if (!options.print && openInBrowser(link)) {
    say("Opened in your browser. Without one: portreeve ui --print");
    return GOOD;
  }
  printLine(link);
  say("Open it in a browser on this machine within two minutes; it works once.");
  return GOOD;
}

}  // namespace portreeve::cli
