// SPDX-License-Identifier: GPL-3.0-or-later
// Rules and traces as people and programs see them (proto/view.capnp).
#include "common/clock.h"
#include "policy/rules/rule-set.h"

namespace portreeve::rules {

void RuleSet::fill(size_t position, proto::view::RuleView::Builder view) const {
  const Rule& rule = all[position];
  view.setPosition(uint32_t(position + 1));
  view.setName(rule.name);
  view.setAction(toText(rule.action));
  view.setLayer(toText(rule.layer));
  view.setOrigin(rule.origin());
  view.setText(rule.text);
  view.setProfile(rule.profile);
  if (rule.layer == Layer::USER) view.setUser(kj::str(rule.user));
  view.setHits(double(counts[position].hits));
  view.setLastUsed(rfc3339(counts[position].lastNs));
  view.setExpires(rule.expiresNs != 0 ? rfc3339(rule.expiresNs)
                  : rule.untilExit    ? kj::str("process-exit")
                  : rule.untilRestart ? kj::str("restart")
                                      : kj::String());
}

void RuleSet::fill(capnp::List<proto::view::RuleView>::Builder views) const {
  for (size_t position = 0; position < all.size(); position++)
    fill(position, views[uint32_t(position)]);
}

}  // namespace portreeve::rules
