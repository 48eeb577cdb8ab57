// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/test-node.h"

#include <doctest/doctest.h>

namespace portreeve::gate17 {
namespace {

TEST_CASE("a connection to the node that nobody waits for any more may still come, or fail") {
  Site site;
  auto ends = kj::newPromiseAndFulfiller<kj::Own<kj::AsyncIoStream>>();
  NodeWay way(
      site.io.provider->getTimer(), [&]() { return kj::mv(ends.promise); }, site.clientKey,
      site.nodeKey.publicKey());
  auto opening = way.open(Target::at(site.serverAt));
  CHECK_FALSE(opening.poll(site.io.waitScope));
  opening = nullptr;
  SUBCASE("it fails") {
    ends.fulfiller->reject(KJ_EXCEPTION(DISCONNECTED, "nobody listens"));
    kj::evalLast([]() {}).wait(site.io.waitScope);
    ends = kj::newPromiseAndFulfiller<kj::Own<kj::AsyncIoStream>>();
    ends.fulfiller->fulfill(
        Socket::connect(site.io.unixEventPort, site.nodeAt).wait(site.io.waitScope));
  }
  SUBCASE("it comes") {
    ends.fulfiller->fulfill(
        Socket::connect(site.io.unixEventPort, site.nodeAt).wait(site.io.waitScope));
  }
  way.open(Target::at(site.serverAt)).wait(site.io.waitScope);
}

TEST_CASE("a connection to the node that does not come is given up, and the next one dials anew") {
  Site site;
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  unsigned dialled = 0;
  NodeWay way(
      timer,
      [&]() -> kj::Promise<kj::Own<kj::AsyncIoStream>> {
        if (dialled++ == 0) return kj::NEVER_DONE;
        return Socket::connect(site.io.unixEventPort, site.nodeAt)
            .then([](kj::Own<Socket> socket) -> kj::Own<kj::AsyncIoStream> {
              return kj::mv(socket);
            });
      },
      site.clientKey, site.nodeKey.publicKey());
  auto opening = way.open(Target::at(site.serverAt));
  CHECK_FALSE(opening.poll(site.io.waitScope));
  timer.advanceTo(timer.now() + NodeWay::CONNECT_WITHIN + 1 * kj::SECONDS);
  auto e = KJ_ASSERT_NONNULL(kj::runCatchingExceptions([&]() { opening.wait(site.io.waitScope); }));
  CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
  CHECK(e.getDescription() == "it does not answer in time");
  way.open(Target::at(site.serverAt)).wait(site.io.waitScope);
  CHECK(dialled == 2);
}

}  // namespace
}  // namespace portreeve::gate17
