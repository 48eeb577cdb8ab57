// SPDX-License-Identifier: GPL-3.0-or-later
// The reference's marks and queue numbers, and what they mean.
#pragma once

#include "proto/flow.capnp.h"

#include <kj/string.h>

#include <cstdint>

namespace portreeve {

constexpr uint32_t MARK_ACCEPT_ONCE = 1700;
constexpr uint32_t MARK_BLOCK_ONCE = 1701;
constexpr uint32_t MARK_DROP_ONCE = 1702;
constexpr uint32_t MARK_ACCEPT = 1710;
constexpr uint32_t MARK_BLOCK = 1711;
constexpr uint32_t MARK_DROP = 1712;
constexpr uint32_t MARK_GATE17 = 1717;
constexpr uint32_t MARK_NAMESERVER = 1799;

constexpr uint16_t QUEUE_OUT_V4 = 17040;
constexpr uint16_t QUEUE_OUT_V6 = 17060;
constexpr uint16_t QUEUE_IN_V4 = 17140;
constexpr uint16_t QUEUE_IN_V6 = 17160;
constexpr uint16_t QUEUES[] = {QUEUE_OUT_V4, QUEUE_OUT_V6, QUEUE_IN_V4, QUEUE_IN_V6};

uint32_t markOf(proto::Verdict verdict);
// 0 for NONE and for enumerants this build does not know.

proto::Verdict verdictOf(uint32_t mark);
// NONE for any mark that is not ours.

kj::StringPtr actionText(proto::Verdict verdict);
// "allow", "block", "drop", "gate17", "nameserver", "undecided"; the same for once and for good.

bool isRefusal(proto::Verdict verdict);  // block or drop, once or for good
bool isRefusal(kj::StringPtr action);    // the same of actionText
bool isPermanent(proto::Verdict verdict);

}  // namespace portreeve
