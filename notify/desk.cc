// SPDX-License-Identifier: GPL-3.0-or-later
#include "notify/desk.h"

#include "common/log.h"

namespace portreeve::notify {

class Desk::Sink final : public proto::PromptSink::Server {
public:
  explicit Sink(Desk& desk) : desk(desk) {}

  kj::Promise<void> prompts(PromptsContext context) override {
    for (auto prompt : context.getParams().getChanged()) desk.changed(prompt);
    desk.showAll();
    return kj::READY_NOW;
  }
  kj::Promise<void> closed(ClosedContext context) override {
    for (auto one : context.getParams().getClosed()) desk.ended(uint64_t(one.getId()));
    desk.showAll();
    return kj::READY_NOW;
  }
  kj::Promise<void> missed(MissedContext) override {
    // All there are come with a new subscription.
    desk.tasks.add(desk.watch());
    return kj::READY_NOW;
  }

private:
  Desk& desk;
};

Desk::Desk(kj::AsyncIoContext& io, SessionBus& bus, kj::StringPtr policySocket)
    : io(io),
      bus(bus),
      capabilities(bus.capabilities()),
      tasks(*this),
      peer(*io.lowLevelProvider, io.provider->getTimer(), policySocket,
           [this](capnp::Capability::Client client) {
             return establish(client.castAs<proto::Policy>());
           }) {
  bus.listen(*this);
}

kj::Promise<void> Desk::serve() {
  return bus.serve(io.unixEventPort, io.provider->getTimer());
}

kj::Promise<void> Desk::establish(proto::Policy::Client policy) {
  // What is no longer open after a restart of policy is not told again.
  for (auto& entry : open)
    if (entry.second.notification != 0) bus.close(entry.second.notification);
  open.clear();
  prompts = policy.promptsRequest().send().getPrompts();
  return watch();
}

kj::Promise<void> Desk::watch() {
  KJ_IF_MAYBE (client, prompts) {
    auto request = client->watchRequest();
    request.setSink(kj::heap<Sink>(*this));
    request.setPresent(!screenLocked);
    return request.send().then([this](auto&& answer) { subscription = answer.getSubscription(); });
  }
  return kj::READY_NOW;
}

void Desk::changed(proto::Prompt::Reader prompt) {
  if (!prompt.getMayAnswer()) return;
  auto& one = open[uint64_t(prompt.getId())];
  uint32_t before = 0;
  if (one.prompt.get() != nullptr)
    before = one.prompt->getRoot<proto::Prompt>().asReader().getWaiting();
  one.prompt = kj::heap<capnp::MallocMessageBuilder>();
  one.prompt->setRoot(prompt);
  // Something waits again: worth another look.
  if (before == 0 && prompt.getWaiting() > 0) {
    one.putAside = false;
    if (one.notification != 0)
      one.notification = bus.show(one.notification, describe(prompt, capabilities));
  }
}

void Desk::ended(uint64_t id) {
  auto found = open.find(id);
  if (found == open.end()) return;
  if (found->second.notification != 0) bus.close(found->second.notification);
  open.erase(found);
}

void Desk::showAll() {
  size_t shown = 0;
  for (auto& entry : open) shown += entry.second.notification != 0;
  for (auto& entry : open) {
    auto& one = entry.second;
    if (one.notification != 0 || one.putAside || shown >= MOST_SHOWN) continue;
    one.notification =
        bus.show(0, describe(one.prompt->getRoot<proto::Prompt>().asReader(), capabilities));
    if (one.notification == 0) return;  // there is no daemon just now
    shown++;
  }
}

void Desk::pressed(uint32_t notification, kj::StringPtr key) {
  for (auto& entry : open)
    if (entry.second.notification == notification) return answer(entry.first, key);
}

void Desk::answer(uint64_t id, kj::StringPtr key) {
  KJ_IF_MAYBE (words, answerOf(key)) {
    KJ_IF_MAYBE (client, prompts) {
      auto request = client->answerRequest();
      request.setId(id);
      auto given = request.initAnswer();
      given.setAction(words->action);
      given.setLifetime(words->lifetime);
      given.setScope(words->scope);
      tasks.add(request.send().ignoreResult());
    }
  }
}

void Desk::closed(uint32_t notification) {
  for (auto& entry : open) {
    if (entry.second.notification != notification) continue;
    entry.second.notification = 0;
    entry.second.putAside = true;
  }
}

void Desk::locked(bool is) {
  if (is == screenLocked) return;
  screenLocked = is;
  log::info(is ? "the screen is locked: nobody is there to answer" : "somebody is there again");
  tasks.add(watch());
}

void Desk::daemonCame() {
  for (auto& entry : open) entry.second.notification = 0;
  // Not from within the bus's own dispatching.
  tasks.add(kj::evalLater([this]() {
    capabilities = bus.capabilities();
    showAll();
  }));
}

void Desk::taskFailed(kj::Exception&& e) {
  // Policy comes back, or somebody else has answered meanwhile.
  log::exception("answering a question", e);
}

}  // namespace portreeve::notify
