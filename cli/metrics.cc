// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/metrics.h"

#include "cli/session.h"
#include "cli/terminal.h"
#include "common/metrics.h"
#include "common/suite.h"

#include <capnp/message.h>

namespace portreeve::cli {

int metrics() {
  Session session;
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<proto::view::Status>();
  collectStatus(*session.io.lowLevelProvider, session.io.provider->getTimer(), session.directories,
                status)
      .wait(session.io.waitScope);
  if (status.getState() == "stopped") {
    if (!mayBeEntitled(Accounts::read()) && session.listens("interceptor")) failNotEntitled();
    failNotRunning(session.directories.runtime, status.getReason());
  }
  print(metricsText(status));
  return GOOD;
}

}  // namespace portreeve::cli
