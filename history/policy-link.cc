// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/policy-link.h"

namespace portreeve::history {

class PolicyLink::Server final : public proto::Recorder::Server {
public:
  explicit Server(PolicyLink& link) : link(link) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    return keep(Batch::Kind::CONNECTIONS, context.getParams());
  }

  kj::Promise<void> queries(QueriesContext context) override {
    return keep(Batch::Kind::QUERIES, context.getParams());
  }

  kj::Promise<void> prompts(PromptsContext context) override {
    return keep(Batch::Kind::PROMPTS, context.getParams());
  }

  kj::Promise<void> missed(MissedContext context) override {
    auto params = context.getParams();
    link.missedCount += params.getConnections() + params.getQueries();
    return keep(Batch::Kind::MISSED, params);
  }

private:
  PolicyLink& link;

  template <typename Params>
  kj::Promise<void> keep(Batch::Kind kind, Params params) {
    // A copy: it goes to another thread.
    auto message = kj::heap<capnp::MallocMessageBuilder>();
    message->setRoot(params);
    return link.writer.write(Batch{kind, kj::mv(message), link.current});
  }
};

PolicyLink::PolicyLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                       kj::StringPtr socket, Writer& writer)
    : writer(writer), connection(provider, timer, socket, [this](capnp::Capability::Client policy) {
        return connectedTo(policy.castAs<proto::Policy>());
      }) {}

kj::Promise<void> PolicyLink::connectedTo(proto::Policy::Client policy) {
  recording = nullptr;
  auto request = policy.recordRequest();
  request.setRecorder(kj::heap<Server>(*this));
  return request.send().then([this](capnp::Response<proto::Policy::RecordResults>&& answer) {
    current = answer.getLife();
    recording = answer.getRecording();
  });
}

}  // namespace portreeve::history
