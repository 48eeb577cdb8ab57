// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/supervisor-service.h"

#include "common/log.h"

#include <unistd.h>

namespace portreeve::cli {
namespace {

class Service final : public proto::Supervisor::Server {
public:
  Service(SupervisorParts parts, Entitlement entitlement)
      : parts(parts), entitlement(kj::mv(entitlement)) {}

  kj::Promise<void> status(StatusContext context) override {
    entitlement.requireObserve();
    auto status = context.getResults().initStatus();
    parts.supervisor.fill(status);
    status.setPid(getpid());
    status.setConfirmSeconds(parts.confirmation.secondsLeft());
    return kj::READY_NOW;
  }

  kj::Promise<void> confirm(ConfirmContext context) override {
    entitlement.requireChange();
    bool pending = parts.confirmation.confirm();
    if (pending) log::info(kj::str("confirmed by ", entitlement.peer().toString()));
    context.getResults().setPending(pending);
    return kj::READY_NOW;
  }

  kj::Promise<void> stop(StopContext context) override {
    entitlement.requireChange();
    log::info(kj::str("asked to stop by ", entitlement.peer().toString()));
    parts.stop.fulfill();
    return kj::READY_NOW;
  }

private:
  SupervisorParts parts;
  Entitlement entitlement;
};

}  // namespace

proto::Supervisor::Client makeSupervisorService(SupervisorParts parts, Entitlement entitlement) {
  return kj::heap<Service>(parts, kj::mv(entitlement));
}

}  // namespace portreeve::cli
