// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/attachments.h"

namespace portreeve::policy {
namespace {

class AttachmentListenerServer final : public proto::AttachmentListener::Server {
public:
  explicit AttachmentListenerServer(RuleStore& rules) : rules(rules) {}

  kj::Promise<void> attached(AttachedContext context) override {
    return rules.learn(Attachment::from(context.getParams().getAttachment()));
  }

private:
  RuleStore& rules;
};

}  // namespace

proto::AttachmentListener::Client makeAttachmentListener(RuleStore& rules) {
  return kj::heap<AttachmentListenerServer>(rules);
}

}  // namespace portreeve::policy
