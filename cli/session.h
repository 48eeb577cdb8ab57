// SPDX-License-Identifier: GPL-3.0-or-later
// One command's connections to the suite's processes. Sequential: dial, call, await.
#pragma once

#include "cli/failure.h"
#include "common/accounts.h"
#include "common/directories.h"
#include "common/rpc-client.h"

#include <capnp/capability.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/vector.h>

namespace portreeve::cli {

class Session {
public:
  Session();
  KJ_DISALLOW_COPY(Session);

  template <typename Interface>
  typename Interface::Client dial(kj::StringPtr process) {
    // Failure NOT_RUNNING, with how to start the suite, where nobody listens.
    return bootstrapOf(process).castAs<Interface>();
  }

  void forPeople() { anybody = true; }
  // What is asked for is for every person of this machine: a connection that is closed says nothing
  // of being entitled.

  bool listens(kj::StringPtr process);
  // Would dial() succeed? Says nothing of whether calls will.

  kj::Promise<void> whenGone(kj::StringPtr process);
  void waitUntilGone(kj::StringPtr process);
  // Until a process that was dialled closes the connection.
  void waitForReturn(kj::StringPtr process);
  // Says that it has gone, and waits until it listens again.

  template <typename T>
  T await(kj::StringPtr process, kj::Promise<T>&& answer) {
    // The answer to a call, within PATIENCE; everything that goes wrong becomes a Failure that a
    // person understands.
    try {
      return limited(kj::mv(answer)).wait(io.waitScope);
    } catch (const kj::Exception& e) {
      failed(process, e);
    }
  }

  template <typename T>
  T awaitLong(kj::StringPtr process, kj::Promise<T>&& answer) {
    // The same for what may take long: a replay, a purge.
    longWait = true;
    KJ_DEFER(longWait = false);
    return await(process, kj::mv(answer));
  }

  kj::AsyncIoContext io;
  const Directories directories;

private:
  struct Dialled {
    kj::String process;
    kj::Own<OneConnection> connection;
  };
  kj::Vector<Dialled> connections;  // one a process, the newest
  bool timeIsUp = false;
  bool longWait = false;
  bool anybody = false;

  capnp::Capability::Client bootstrapOf(kj::StringPtr process);
  void keep(kj::StringPtr process, kj::Own<OneConnection> connection);
  [[noreturn]] void failed(kj::StringPtr process, const kj::Exception& e);

  template <typename T>
  kj::Promise<T> limited(kj::Promise<T> answer) {
    return answer.exclusiveJoin(patience().then(
        []() -> kj::Promise<T> { return KJ_EXCEPTION(OVERLOADED, "no answer in time"); }));
  }
  kj::Promise<void> patience();
};

[[noreturn]] void failNotRunning(kj::StringPtr socket, kj::StringPtr why);
[[noreturn]] void failNotEntitled();
bool mayChange(const Accounts& accounts);  // root, or of group portreeve-admin
bool mayBeEntitled(const Accounts& accounts);
// The caller is root or in one of the suite's groups.

kj::StringPtr withoutRpcPrefix(kj::StringPtr description);
// Of an exception that came over RPC: its own words.

}  // namespace portreeve::cli
