// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/prompt-record.h"

#include "common/clock.h"
#include "policy/connection-view.h"

namespace portreeve::policy {

void fillDestination(proto::PromptDestination::Builder to, const Destination& there) {
  to.setAddress(there.address.toString());
  to.setPort(there.port);
  to.setProtocol(protocolText(there.protocol));
}

void fillRecord(proto::PromptRecord::Builder to, const Question& prompt, const Closed* how,
                const UserNames& users) {
  to.setId(double(prompt.id));
  to.setAsked(rfc3339(prompt.askedNs));
  to.setDirection(prompt.ofReceiver ? "in"_kj : rules::toText(prompt.flow.direction));
  fill(to.initProgram(), prompt.subject(), users);
  fillDestination(to.initDestination(), prompt.destination());
  to.setDomain(prompt.flow.judgement.domain);
  to.setConnections(double(prompt.connections));
  to.setRule(prompt.flow.judgement.rule);
  if (how == nullptr) return;
  to.setClosed(rfc3339(wallNs()));
  to.setHow(how->how);
  to.setAction(how->action);
  to.setLifetime(how->lifetime);
  to.setScope(how->scope);
  if (how->rule.size() > 0) to.setRule(how->rule);
  to.setWho(how->who);
}

}  // namespace portreeve::policy
