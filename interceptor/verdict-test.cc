// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/verdict.h"

#include "common/marks.h"

#include <doctest/doctest.h>
#include <linux/netfilter.h>

namespace portreeve::interceptor {
namespace {

using proto::Verdict;

constexpr uint32_t WIREGUARD = 51820;

TEST_CASE("an unmarked packet is accepted with the reference's mark, whatever the verdict") {
  CHECK(kernelVerdict(Verdict::ACCEPT_ONCE, 0) == KernelVerdict{NF_ACCEPT, 1700});
  CHECK(kernelVerdict(Verdict::BLOCK_ONCE, 0) == KernelVerdict{NF_ACCEPT, 1701});
  CHECK(kernelVerdict(Verdict::DROP_ONCE, 0) == KernelVerdict{NF_ACCEPT, 1702});
  CHECK(kernelVerdict(Verdict::ACCEPT, 0) == KernelVerdict{NF_ACCEPT, 1710});
  CHECK(kernelVerdict(Verdict::BLOCK, 0) == KernelVerdict{NF_ACCEPT, 1711});
  CHECK(kernelVerdict(Verdict::DROP, 0) == KernelVerdict{NF_ACCEPT, 1712});
  CHECK(kernelVerdict(Verdict::GATE17, 0) == KernelVerdict{NF_ACCEPT, 1717});
  CHECK(kernelVerdict(Verdict::NAMESERVER, 0) == KernelVerdict{NF_ACCEPT, 1799});
}

TEST_CASE("an allowed packet keeps another program's mark") {
  CHECK(kernelVerdict(Verdict::ACCEPT, WIREGUARD) == KernelVerdict{NF_ACCEPT, 0});
  CHECK(kernelVerdict(Verdict::ACCEPT_ONCE, WIREGUARD) == KernelVerdict{NF_STOP, 0});
}

TEST_CASE("what is not allowed gets our mark over another program's") {
  for (Verdict verdict : {Verdict::BLOCK_ONCE, Verdict::DROP_ONCE, Verdict::BLOCK, Verdict::DROP,
                          Verdict::GATE17, Verdict::NAMESERVER})
    CHECK(kernelVerdict(verdict, WIREGUARD) == KernelVerdict{NF_ACCEPT, markOf(verdict)});
}

TEST_CASE("a mark that looks like ours on arrival is a foreign one") {
  CHECK(kernelVerdict(Verdict::BLOCK, MARK_ACCEPT) == KernelVerdict{NF_ACCEPT, MARK_BLOCK});
  CHECK(kernelVerdict(Verdict::ACCEPT, MARK_ACCEPT) == KernelVerdict{NF_ACCEPT, 0});
}

TEST_CASE("no verdict, or one from a newer build, is a temporary drop") {
  for (uint32_t mark : {0u, WIREGUARD}) {
    CHECK(kernelVerdict(Verdict::NONE, mark) == KernelVerdict{NF_ACCEPT, MARK_DROP_ONCE});
    CHECK(kernelVerdict(Verdict(999), mark) == KernelVerdict{NF_ACCEPT, MARK_DROP_ONCE});
  }
}

}  // namespace
}  // namespace portreeve::interceptor
