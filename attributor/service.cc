// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/service.h"

#include "attributor/reader-status.h"
#include "common/unix-dial.h"
#include "proto/attributor.capnp.h"

#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::attributor {
namespace {

constexpr kj::StringPtr WITHOUT_SOCK_DIAG =
    "sockets are looked for in /proc/net: sock_diag is not there, or switched off"_kj;

}  // namespace

class Service::Bootstrap final : public proto::Attributor::Server {
  // The RPC server lets only those in who may observe.
public:
  Bootstrap(Service& service, Entitlement entitlement)
      : service(service), entitlement(kj::mv(entitlement)) {}

  kj::Promise<void> packets(PacketsContext context) override {
    entitlement.require(Role::INTERCEPTOR);
    context.getResults().setInlet(service.packets.open());
    return kj::READY_NOW;
  }

  kj::Promise<void> existing(ExistingContext context) override {
    entitlement.require(Role::POLICY);
    uint64_t after = context.getParams().getAfter();
    if (after != 0) {
      existingPages.fill(after, context.getResults());
      return kj::READY_NOW;
    }
    return service.existing.list().then([this, context](kj::Vector<AttributedFlow> flows) mutable {
      existingPages.begin(kj::mv(flows));
      existingPages.fill(0, context.getResults());
    });
  }

  kj::Promise<void> who(WhoContext context) override {
    entitlement.requireObserve();
    auto paf = kj::newPromiseAndFulfiller<Named>();
    service.attribution.who(
        Tuple::from(context.getParams().getTuple()),
        [done = kj::mv(paf.fulfiller)](Named&& named) mutable { done->fulfill(kj::mv(named)); });
    return paf.promise.then(
        [context](Named named) mutable { named.to(context.getResults().initProcess()); });
  }

  kj::Promise<void> whoIs(WhoIsContext context) override {
    entitlement.requireObserve();
    auto paf = kj::newPromiseAndFulfiller<Named>();
    service.attribution.whoIs(
        context.getParams().getPid(),
        [done = kj::mv(paf.fulfiller)](Named&& named) mutable { done->fulfill(kj::mv(named)); });
    return paf.promise.then(
        [context](Named named) mutable { named.to(context.getResults().initProcess()); });
  }

  kj::Promise<void> policyReady(PolicyReadyContext context) override {
    entitlement.require(Role::POLICY);
    return service.policy.whenConnected();
  }

  kj::Promise<void> status(StatusContext context) override {
    return ReaderStatus::ask(service.reader, service.timer)
        .then([this, context](ReaderStatus reader) mutable {
          auto statuses = context.getResults().initStatuses(2);
          service.fillStatus(statuses[0]);
          reader.to(statuses, 1);
        });
  }

  kj::Promise<void> versions(VersionsContext context) override {
    fillVersions(context.getResults());
    return kj::READY_NOW;
  }

private:
  Service& service;
  Entitlement entitlement;
  ExistingPages existingPages;
};

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts, const Directories& directories,
                 kj::AutoCloseFd rpcSocket, kj::AutoCloseFd examiner, Kernel& kernel)
    : io(io),
      kernel(kernel),
      timer(io.provider->getTimer()),
      readerSocket(directories.socket("reader")),
      reader(io.unixEventPort, timer, [this]() { return dialUnix(readerSocket, SOCK_SEQPACKET); }),
      keeper(*io.lowLevelProvider, timer, directories.socket("keeper"),
             [this](kj::AutoCloseFd socket) { watch.use(kj::mv(socket)); }),
      examinations(reader, io.unixEventPort, timer, kj::mv(examiner),
                   [this](const SharedFacts& facts) { policy.tellLearned(facts); }),
      processes(reader, timer, keeper, examinations),
      watch(io.unixEventPort, timer, processes),
      procNet(reader, timer),
      policy(*io.lowLevelProvider, timer, directories.socket("policy"), kernel.interfaces),
      attribution(kernel.sockets, processes, procNet, kernel.interfaces, keeper,
                  [this](AttributedFlow&& flow) { policy.add(kj::mv(flow)); }),
      packets(
          io.unixEventPort, timer, attribution, [this]() { watch.take(); },
          [this]() { policy.flush(); }),
      existing(kernel.sockets, processes, timer),
      ownStatus(Role::ATTRIBUTOR),
      rpc(*io.lowLevelProvider, rpcSocket.release(), accounts, [this](Entitlement entitlement) {
        return kj::heap<Bootstrap>(*this, kj::mv(entitlement));
      }) {
  reader.onDrained([this]() { policy.flush(); });
  addCounters();
}

kj::Promise<void> Service::serve() {
  return rpc.serve()
      .exclusiveJoin(reader.run())
      .exclusiveJoin(examinations.run())
      .exclusiveJoin(kernel.interfaces.watch(io.unixEventPort));
}

void Service::addCounters() {
  auto counter = [this](kj::StringPtr name, const uint64_t& value) {
    ownStatus.addCounter(name, [&value]() { return double(value); });
  };
  ownStatus.addCounter("packets", [this]() { return double(packets.packets()); });
  ownStatus.addCounter("overflowed", [this]() { return double(packets.overflowed()); });
  ownStatus.addCounter("malformed", [this]() { return double(packets.malformed()); });
  counter("sent", policy.counters().sent);
  counter("policy_full", policy.counters().full);
  counter("policy_away", policy.counters().away);
  ownStatus.addCounter("sock_diag_asked", [this]() { return double(kernel.sockets.asked()); });
  ownStatus.addCounter("sock_diag_failed", [this]() { return double(kernel.sockets.failures()); });
  counter("remembered", processes.counters().remembered);
  counter("noted", processes.counters().noted);
  counter("told_by_file", processes.counters().byFile);
  counter("found", processes.counters().found);
  counter("described", processes.counters().described);
  counter("not_found", processes.counters().notFound);
  counter("examined", examinations.counters().examined);
  counter("not_examined", examinations.counters().failed);
  counter("reader_asked", reader.counters().asked);
  counter("reader_unanswered", reader.counters().unanswered);
  counter("reader_garbled", reader.counters().garbage);
  counter("reader_dialled", reader.counters().dialled);
  counter("process_events", watch.counters().events);
  counter("process_events_missed", watch.counters().missed);
  ownStatus.addCounter("processes_known", [this]() { return double(processes.processes()); });
}

kj::StringPtr Service::whatIsMissing() {
  if (!reader.connected()) return "the reader does not answer: programs stay unnamed"_kj;
  if (!policy.connected()) return "policy is not there: packets wait and are then dropped"_kj;
  if (!packets.connected()) return "the interceptor is not there"_kj;
  if (!examinations.examinerIsThere())
    return "the examiner has gone: no SHA-256 and no packages until the attributor restarts"_kj;
  return ""_kj;
}

kj::String Service::howSocketsAreFound() {
  if (kernel.sockets.knows(PROTOCOL_TCP)) return keeper.words();
  return kj::str(WITHOUT_SOCK_DIAG);
}

kj::String Service::howProgramsAreFollowed() {
  if (watch.following()) return kj::str("the kernel tells which programs begin and end");
  auto why = keeper.whyNoProcessEvents();
  return kj::str("programs that end are not noticed",
                 why.size() == 0 ? kj::str() : kj::str(" (no process events: ", why, ")"));
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  auto missing = whatIsMissing();
  if (missing.size() == 0)
    ownStatus.setState("running", kj::str(howSocketsAreFound(), "; ", howProgramsAreFollowed()));
  else
    ownStatus.setState("degraded", missing);
  ownStatus.fill(builder);
}

}  // namespace portreeve::attributor
