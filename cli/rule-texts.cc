// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rule-texts.h"

#include "common/policy-table.h"

namespace portreeve::cli {

void RuleTexts::addInForce(Session& session, bool administrators) {
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto sources = session.await("policy", observer.sourcesRequest().send());
  auto settings = session.await("policy", observer.settingsRequest().send());
  answer = session.await("policy", observer.profilesRequest().send());
  policy = policyTable(settings.getPage());
  for (auto source : sources.getSources()) {
    bool ofAdministrator = !source.getOwn() && source.getUser() == proto::NOBODYS_UID;
    if (administrators || !ofAdministrator)
      files.add(File{kj::str(source.getFile()), kj::str(source.getText()), source.getOwn(),
                     source.getWritten(), source.getUser()});
  }
}

}  // namespace portreeve::cli
