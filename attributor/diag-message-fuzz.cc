// SPDX-License-Identifier: GPL-3.0-or-later
// A datagram of sock_diag(7)'s, as it comes from the kernel.
#include "attributor/diag-message.h"
#include "tests/fuzz/fuzz-target.h"

#include <kj/array.h>

namespace {

using namespace portreeve;
using namespace portreeve::attributor;

void check(const DiagAnswer& answer) {
  if (answer.kind != DiagAnswer::Kind::SOCKET) {
    require(answer.socket.inode == 0);
    return;
  }
  auto& tuple = answer.socket.tuple;
  bool v4 = tuple.family == proto::Family::IPV4;
  require(v4 == tuple.source.isV4());
  // It can be asked for again.
  auto question = exactQuestion(tuple, 0, answer.sequence);
  require(question.request.sdiag_family == addressFamily(tuple.family));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto datagram = kj::heapArray<kj::byte>(data, size);
  size_t answers = 0;
  readAnswers(datagram, PROTOCOL_TCP, [&](const DiagAnswer& answer) {
    answers++;
    check(answer);
  });
  require(answers <= size / sizeof(nlmsghdr));
  return 0;
}
