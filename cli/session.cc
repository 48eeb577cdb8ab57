// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/session.h"

#include "cli/terminal.h"

#include <kj/debug.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr auto BETWEEN_DIALS = 200 * kj::MILLISECONDS;
constexpr auto PATIENCE = 10 * kj::SECONDS;
constexpr auto LONG_PATIENCE = 300 * kj::SECONDS;
// Longer than any call should take; shorter than a person waits for a process that hangs.

bool callerIsIn(kj::Maybe<gid_t> group) {
  KJ_IF_MAYBE (wanted, group) {
    if (getegid() == *wanted) return true;
    int count = getgroups(0, nullptr);
    if (count <= 0) return false;
    auto held = kj::heapArray<gid_t>(size_t(count));
    count = getgroups(count, held.begin());
    for (int i = 0; i < count; i++)
      if (held[size_t(i)] == *wanted) return true;
  }
  return false;
}

}  // namespace

Session::Session() : io(kj::setupAsyncIo()), directories(Directories::fromEnvironment()) {}

capnp::Capability::Client Session::bootstrapOf(kj::StringPtr process) {
  auto socket = directories.socket(process);
  try {
    auto connection = OneConnection::dial(*io.lowLevelProvider, socket).wait(io.waitScope);
    auto bootstrap = connection->bootstrap();
    keep(process, kj::mv(connection));
    return bootstrap;
  } catch (const kj::Exception& e) {
    failNotRunning(socket, e.getDescription());
  }
}

void Session::keep(kj::StringPtr process, kj::Own<OneConnection> connection) {
  for (auto& old : connections) {
    if (old.process != process) continue;
    old.connection = kj::mv(connection);
    return;
  }
  connections.add(Dialled{kj::str(process), kj::mv(connection)});
}

void Session::waitUntilGone(kj::StringPtr process) {
  whenGone(process).wait(io.waitScope);
}

void Session::waitForReturn(kj::StringPtr process) {
  say(kj::str(process, " has gone; waiting for its return"));
  do io.provider->getTimer().afterDelay(BETWEEN_DIALS).wait(io.waitScope);
  while (!listens(process));
}

kj::Promise<void> Session::whenGone(kj::StringPtr process) {
  for (auto& dialled : connections)
    if (dialled.process == process) return dialled.connection->whenGone();
  return kj::READY_NOW;
}

bool Session::listens(kj::StringPtr process) {
  return kj::runCatchingExceptions([&]() {
           OneConnection::dial(*io.lowLevelProvider, directories.socket(process))
               .wait(io.waitScope);
         }) == nullptr;
}

kj::Promise<void> Session::patience() {
  timeIsUp = false;
  return io.provider->getTimer().afterDelay(longWait ? LONG_PATIENCE : PATIENCE).then([this]() {
    timeIsUp = true;
  });
}

void Session::failed(kj::StringPtr process, const kj::Exception& e) {
  if (timeIsUp)
    throw Failure(FAILED, process, " does not answer: `portreeve status` says how it is");
  switch (e.getType()) {
    case kj::Exception::Type::DISCONNECTED:
      if (!anybody && !mayBeEntitled(Accounts::read())) failNotEntitled();
      throw Failure(FAILED, process,
                    " closed the connection: it ended, or was started again; try "
                    "again, and see `portreeve status`");
    case kj::Exception::Type::UNIMPLEMENTED:
      throw Failure(FAILED, process,
                    " is of another version and does not know this request: "
                    "restart the suite after an upgrade");
    case kj::Exception::Type::OVERLOADED:
    case kj::Exception::Type::FAILED:
      break;
  }
  throw Failure(FAILED, withoutRpcPrefix(e.getDescription()));
}

void failNotRunning(kj::StringPtr socket, kj::StringPtr why) {
  // The description begins with the socket's path already.
  throw Failure(NOT_RUNNING, "portreeve is not running here (",
                why.startsWith(socket) ? kj::str(why) : kj::str(socket, ": ", why),
                "): start it with `portreeve up` or `systemctl start portreeve.target`");
}

void failNotEntitled() {
  throw Failure(FAILED,
                "you are not entitled: become root or a member of group portreeve-observe "
                "(portreeve-admin to change something)");
}

bool mayChange(const Accounts& accounts) {
  return geteuid() == 0 || callerIsIn(accounts.adminGroup());
}

bool mayBeEntitled(const Accounts& accounts) {
  return mayChange(accounts) || callerIsIn(accounts.observeGroup());
}

kj::StringPtr withoutRpcPrefix(kj::StringPtr description) {
  constexpr kj::StringPtr PREFIX = "remote exception: "_kj;
  while (description.startsWith(PREFIX)) description = description.slice(PREFIX.size());
  return description;
}

}  // namespace portreeve::cli
