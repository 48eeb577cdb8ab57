// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node-link.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>

namespace portreeve::gate17 {
namespace {

constexpr size_t LEAST_WINDOW = 64 << 10;
constexpr size_t MOST_WINDOW = 8 << 20;
constexpr size_t ALL_WINDOWS = 256 << 20;  // of one connection, roughly, whoever does not read
// What one who does not keep to the windows may make us hold; then nothing more is read of his
// connection.
constexpr uint64_t MOST_HELD = (512ull << 20) / sizeof(capnp::word);

capnp::ReaderOptions limits() {
  // The longest message is a write of ByteStream::LONGEST_WRITE.
  capnp::ReaderOptions options;
  options.traversalLimitInWords = (256 << 10) / sizeof(capnp::word);
  options.nestingLimit = 16;
  return options;
}

}  // namespace

void MeasuredStream::getsockopt(int level, int option, void* value, kj::uint* length) {
  KJ_REQUIRE(level == SOL_SOCKET && option == SO_SNDBUF && *length == sizeof(int));
  // The kernel's buffer grows with what the path holds, as long as it is full: so twice that. Less
  // would leave a long path empty, more would make the other streams wait behind this one.
  int buffer = 0;
  below->getsockopt(SOL_SOCKET, SO_SNDBUF, &buffer, length);
  size_t share = ALL_WINDOWS / std::max<size_t>(streams, 1);
  int window = int(std::clamp(std::min(2 * size_t(buffer), share), LEAST_WINDOW, MOST_WINDOW));
  memcpy(value, &window, sizeof window);
}

NodeLink::NodeLink(kj::Own<kj::AsyncIoStream> below, const size_t& streams,
                   capnp::rpc::twoparty::Side side, capnp::Capability::Client bootstrap)
    : stream(kj::heap<MeasuredStream>(kj::mv(below), streams)),
      network(*stream, side, limits()),
      system(capnp::makeRpcServer(network, kj::mv(bootstrap))) {
  system.setFlowLimit(MOST_HELD);
}

NodeLink::NodeLink(kj::Own<kj::AsyncIoStream> below, const size_t& streams)
    : stream(kj::heap<MeasuredStream>(kj::mv(below), streams)),
      network(*stream, capnp::rpc::twoparty::Side::CLIENT, limits()),
      system(capnp::makeRpcClient(network)) {
  system.setFlowLimit(MOST_HELD);
}

capnp::Capability::Client NodeLink::bootstrap() {
  capnp::word scratch[8]{};
  capnp::MallocMessageBuilder message(scratch);
  auto id = message.getRoot<capnp::rpc::twoparty::VatId>();
  id.setSide(capnp::rpc::twoparty::Side::SERVER);
  return system.bootstrap(id);
}

}  // namespace portreeve::gate17
