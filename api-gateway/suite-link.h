// SPDX-License-Identifier: GPL-3.0-or-later
// What the gateway knows of the rest of the suite: policy, and everybody's status.
#pragma once

#include "common/directories.h"
#include "common/rpc-client.h"
#include "common/tuple.h"
#include "proto/attributor.capnp.h"
#include "proto/gate.capnp.h"
#include "proto/history.capnp.h"
#include "proto/policy.capnp.h"
#include "proto/resolver.capnp.h"
#include "proto/view.capnp.h"

#include <kj/async-io.h>

namespace portreeve::gateway {

class SuiteLink {
public:
  virtual kj::Maybe<proto::Policy::Client> policy() = 0;  // nullptr while it is away
  virtual kj::Promise<void> collectStatus(proto::view::Status::Builder status) = 0;
  // As common/suite.h; `status` outlives the promise.
  virtual kj::Maybe<proto::Historian::Client> historian() = 0;  // nullptr while it is away
  virtual kj::Maybe<proto::Resolver::Client> resolver() = 0;    // nullptr while it is away
  virtual kj::Maybe<proto::Attributor::Client> attributor() = 0;
  virtual kj::Maybe<proto::Gate::Client> gate() = 0;
  virtual kj::Promise<uint32_t> ownerOf(const Tuple& socket) = 0;
  // The uid of whoever holds the socket with that source and destination, as the attributor says:
  // 4294967295 where it finds nobody. Rejects while the attributor is away.

protected:
  ~SuiteLink() = default;
};

class SocketSuiteLink final : public SuiteLink {
  // Over the sockets in the runtime directory.
public:
  SocketSuiteLink(kj::AsyncIoContext& io, Directories directories,
                  kj::Function<void()> onPolicyIsNew);
  // `onPolicyIsNew` is called each time policy has been dialled: every capability of before is
  // broken.

  kj::Maybe<proto::Policy::Client> policy() override;
  kj::Promise<void> collectStatus(proto::view::Status::Builder status) override;
  kj::Maybe<proto::Historian::Client> historian() override;
  kj::Maybe<proto::Resolver::Client> resolver() override;
  kj::Maybe<proto::Attributor::Client> attributor() override;
  kj::Maybe<proto::Gate::Client> gate() override;
  kj::Promise<uint32_t> ownerOf(const Tuple& socket) override;

private:
  kj::AsyncIoContext& io;
  Directories directories;
  kj::Function<void()> onPolicyIsNew;
  PeerConnection connection;
  PeerConnection past;
  PeerConnection owners;
  PeerConnection dns;
  PeerConnection entrypoint;
};

}  // namespace portreeve::gateway
