// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api that says how the suite is.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "common/metrics.h"

#include <capnp/message.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr auto SHARED_FOR = 100 * kj::MILLISECONDS;

void adoptRules(view::Status::Builder status, view::RulesStatus::Reader rules) {
  status.setRules(rules);
  if (rules.getError().size() == 0 || status.getState() != "enforcing") return;
  status.setState("degraded");
  status.setReason(kj::str("the newest rules are not in force: ", rules.getError()));
}

Reply copyOf(const Reply& reply) {
  Reply copy;
  copy.status = reply.status;
  copy.contentType = reply.contentType;
  copy.body = kj::str(reply.body);
  return copy;
}

}  // namespace

kj::Promise<Reply> Api::status(kj::Own<Session> session) {
  // All who may observe see the same: processes are asked once for whoever asks at that time.
  KJ_IF_MAYBE (known, shared)
    if (!making && timer.now() - (*known)->at < SHARED_FOR) return copyOf((*known)->reply);
  if (!making) {
    making = true;
    made = makeStatus(kj::mv(session)).fork();
  }
  return made.addBranch().then([](kj::Own<SharedReply>&& known) { return copyOf(known->reply); });
}

kj::Promise<kj::Own<Api::SharedReply>> Api::makeStatus(kj::Own<Session> session) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto status = message->initRoot<view::Status>();
  auto& held = *session;
  return suite.collectStatus(status)
      .then([this, &held]() {
        return timer.timeoutAfter(POLICY_STATUS_TIME,
                                  kj::Promise<capnp::Response<proto::Observer::RulesStatusResults>>(
                                      held.observer.rulesStatusRequest().send()));
      })
      .then(
          [status](auto&& answer) mutable {
            adoptRules(status, answer.getStatus());
            return json(toJson(status.asReader()));
          },
          [this, status, &held](kj::Exception&& e) {
            if (e.getType() == kj::Exception::Type::DISCONNECTED) return policyFailed(held, e);
            // A policy that hangs is just what a status is asked for.
            return json(toJson(status.asReader()));
          })
      .attach(kj::mv(session), kj::mv(message))
      .then(
          [this](Reply&& reply) {
            making = false;
            auto known = kj::refcounted<SharedReply>();
            known->at = timer.now();
            known->reply = kj::mv(reply);
            // What failed is no answer for whoever asks later.
            shared = nullptr;
            if (known->reply.status == 200) shared = kj::addRef(*known);
            return known;
          },
          [this](kj::Exception&& e) -> kj::Own<SharedReply> {
            making = false;
            kj::throwFatalException(kj::mv(e));
          });
}

kj::Promise<Reply> Api::metrics(kj::Own<Session> session) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto status = message->initRoot<view::Status>();
  return suite.collectStatus(status)
      .then([status]() {
        Reply reply;
        reply.contentType = METRICS_TYPE;
        reply.body = metricsText(status.asReader());
        return reply;
      })
      .attach(kj::mv(session), kj::mv(message));
}

}  // namespace portreeve::gateway
