// SPDX-License-Identifier: GPL-3.0-or-later
// Prints the open connections of this machine, by the same RPC that the command uses (docs/rpc.md).
#include "policy.capnp.h"

#include <capnp/ez-rpc.h>
#include <iostream>

int main() {
  capnp::EzRpcClient client("unix:/run/portreeve/policy.sock");
  auto policy = client.getMain<portreeve::proto::Policy>();
  auto observer = policy.observeRequest().send().getObserver();
  auto request = observer.connectionsRequest();
  request.initFilter().setOpenOnly(true);
  auto answer = request.send().wait(client.getWaitScope());
  for (auto one : answer.getConnections())
    std::cout << one.getProcess().getPath().cStr() << " -> " << one.getRemote().getAddress().cStr()
              << " " << one.getRemote().getPort() << ": " << one.getVerdict().getAction().cStr()
              << " by " << one.getVerdict().getRule().cStr() << "\n";
}
