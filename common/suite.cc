// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/suite.h"

#include "common/accounts.h"
#include "common/rpc-client.h"
#include "proto/daemon.capnp.h"
#include "proto/interceptor.capnp.h"
#include "proto/policy.capnp.h"

#include <capnp/message.h>

namespace portreeve {
namespace {

namespace view = proto::view;

constexpr auto PATIENCE = 1 * kj::SECONDS;

constexpr kj::StringPtr NOT_SEEN[] = {
    "forwarded packets (containers, virtual machines behind a bridge)"_kj,
    "packet sockets (DHCP clients before they have an address, programs with CAP_NET_RAW)"_kj,
    "other network namespaces"_kj};

struct Collector {
  // Everything one round of asking holds; it lives until all have answered or their time is up.
  kj::LowLevelAsyncIoProvider& provider;
  kj::Timer& timer;
  const Directories& directories;
  view::Status::Builder status;
  capnp::MallocMessageBuilder scratch;
  kj::Vector<capnp::Orphan<view::ProcessStatus>> processes;
  bool interceptorAnswered = false;
  bool enforcing = false;
  kj::String reason;

  Collector(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer, const Directories& directories,
            view::Status::Builder status)
      : provider(provider), timer(timer), directories(directories), status(status) {}

  capnp::Orphanage orphanage() { return capnp::Orphanage::getForMessageContaining(status); }

  void addSilent(Role role, kj::StringPtr state, kj::StringPtr why) {
    auto orphan = orphanage().newOrphan<view::ProcessStatus>();
    auto process = orphan.get();
    process.setName(name(role));
    process.setState(state);
    process.setReason(why);
    processes.add(kj::mv(orphan));
  }

  kj::Promise<void> askProcess(Role role) {
    return OneConnection::dial(provider, directories.socket(name(role)))
        .then([this, role](kj::Own<OneConnection> connection) {
          auto bootstrap = connection->bootstrap();
          auto asked = bootstrap.castAs<proto::Daemon>().statusRequest().send().then(
              [this](capnp::Response<proto::Daemon::StatusResults>&& answer) {
                for (auto process : answer.getStatuses())
                  processes.add(orphanage().newOrphanCopy(process));
              });
          if (role == Role::INTERCEPTOR)
            asked = asked.then([this, bootstrap]() mutable {
              return askQueues(bootstrap.castAs<proto::Interceptor>());
            });
          if (role == Role::POLICY)
            asked = asked.then([this, bootstrap]() mutable {
              return askRules(bootstrap.castAs<proto::Policy>());
            });
          return asked.attach(kj::mv(connection));
        });
  }

  kj::Promise<void> askQueues(proto::Interceptor::Client interceptor) {
    return interceptor.queuesRequest().send().then([this](auto&& answer) {
      status.setQueues(answer.getQueues());
      interceptorAnswered = true;
      enforcing = answer.getEnforcing();
      reason = kj::str(answer.getReason());
    });
  }

  kj::Promise<void> askRules(proto::Policy::Client policy) {
    return policy.observeRequest().send().getObserver().rulesStatusRequest().send().then(
        [this](auto&& answer) { status.setRules(answer.getStatus()); });
  }

  kj::Promise<void> ask(Role role) {
    return timer.timeoutAfter(PATIENCE, askProcess(role))
        .then([]() {}, [this, role](kj::Exception&& e) { noAnswer(role, e); });
  }

  void noAnswer(Role role, const kj::Exception& e) {
    // What had answered before the time was up is in the list already.
    for (auto& known : processes)
      if (known.getReader().getName() == name(role)) return;
    if (e.getType() == kj::Exception::Type::OVERLOADED)
      addSilent(role, "not answering", "it did not answer within 1 s");
    else if (e.getType() == kj::Exception::Type::DISCONNECTED)
      addSilent(role, "stopped", e.getDescription());
    else
      addSilent(role, "not answering", e.getDescription());
  }

  void addReaderIfUnknown() {
    for (auto& known : processes)
      if (known.getReader().getName() == name(Role::READER)) return;
    addSilent(Role::READER, "not answering", "only the attributor can tell, and it did not answer");
  }

  void finish() {
    addReaderIfUnknown();
    auto list = status.initProcesses(uint(processes.size()));
    uint at = 0;
    for (Role role : ROLES)
      for (auto& process : processes)
        if (process.getReader().getName() == name(role))
          list.setWithCaveats(at++, process.getReader());
    auto words = status.initNotSeen(uint(kj::size(NOT_SEEN)));
    for (uint i = 0; i < words.size(); i++) words.set(i, NOT_SEEN[i]);
    status.setVersion(PORTREEVE_VERSION);
    judge();
  }

  void judge() {
    kj::Vector<kj::String> missing;
    bool anyAlive = false;
    for (auto process : status.getProcesses()) {
      bool running = process.getState() == "running";
      anyAlive = anyAlive || running || process.getPid() != 0;
      if (!running) missing.add(kj::str(process.getName(), " is ", process.getState()));
    }
    if (!enforcing && interceptorAnswered) missing.add(kj::str("not enforcing: ", reason));
    if (status.getRules().getError().size() > 0)
      missing.add(kj::str("the newest rules are not in force: ", status.getRules().getError()));
    status.setState(!anyAlive ? "stopped" : missing.empty() ? "enforcing" : "degraded");
    status.setReason(anyAlive ? kj::strArray(missing, "; ")
                              : kj::str("no process of the suite runs"));
  }
};

}  // namespace

kj::Promise<void> collectStatus(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                                const Directories& directories, view::Status::Builder status) {
  auto collector = kj::heap<Collector>(provider, timer, directories, status);
  auto asked = kj::Vector<kj::Promise<void>>();
  for (Role role : ROLES)
    if (role != Role::READER) asked.add(collector->ask(role));  // the attributor speaks for it
  return kj::joinPromises(asked.releaseAsArray())
      .then([&collector = *collector]() { collector.finish(); })
      .attach(kj::mv(collector));
}

}  // namespace portreeve
