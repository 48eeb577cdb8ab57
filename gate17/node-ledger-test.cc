// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/test-node.h"

#include <doctest/doctest.h>

namespace portreeve::gate17 {
namespace {

TEST_CASE("a node tells who is there, what he does, and who was not let in") {
  Site site;
  auto stranger = PrivateKey::make();
  site.failureOf(*site.way(stranger, site.nodeKey.publicKey()));
  auto way = site.way();
  auto opened = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  auto server = site.server->accept().wait(site.io.waitScope);
  opened->write("hello", 5).wait(site.io.waitScope);
  char heard[5];
  server->read(heard, 5, 5).wait(site.io.waitScope);
  auto seen = site.status();
  auto node = seen->getRoot<proto::view::GateNode>().asReader();
  CHECK(node.getKey() == site.nodeKey.publicKey());
  CHECK(node.getListen()[0] == site.nodeAt.toString());
  CHECK(node.getWrongKeys() == 1);
  CHECK(node.getBroken() == 0);
  CHECK(node.getLastWrongKey() == stranger.publicKey());
  CHECK(kj::StringPtr(node.getLastWrongFrom()).startsWith("127.0.0.1:"));
  REQUIRE(node.getClients().size() == 1);
  auto client = node.getClients()[0];
  CHECK(client.getName() == "test");
  CHECK(client.getConnections().size() == 1);
  CHECK(client.getStreams() == 1);
  CHECK(client.getOpened() == 1);
  CHECK(client.getBytesOut() == 5);
}

TEST_CASE("a node remembers clients that have gone, and what it did not let out") {
  Site site(Scope::INTERNET);
  site.failureOf(*site.way());
  auto gone = [&]() {
    auto seen = site.status();
    auto client = seen->getRoot<proto::view::GateNode>().asReader().getClients()[0];
    CHECK(client.getRefused() == 1);
    CHECK(client.getSeen().size() > 0);
    return client.getConnections().size() == 0;
  };
  while (!gone())
    site.io.provider->getTimer().afterDelay(1 * kj::MILLISECONDS).wait(site.io.waitScope);
}

}  // namespace
}  // namespace portreeve::gate17
