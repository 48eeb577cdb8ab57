// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/marks.h"

namespace portreeve {

using proto::Verdict;

uint32_t markOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::NONE:
    case Verdict::ASK:
      return 0;
    case Verdict::ACCEPT_ONCE:
      return MARK_ACCEPT_ONCE;
    case Verdict::BLOCK_ONCE:
      return MARK_BLOCK_ONCE;
    case Verdict::DROP_ONCE:
      return MARK_DROP_ONCE;
    case Verdict::ACCEPT:
      return MARK_ACCEPT;
    case Verdict::BLOCK:
      return MARK_BLOCK;
    case Verdict::DROP:
      return MARK_DROP;
    case Verdict::GATE17:
      return MARK_GATE17;
    case Verdict::NAMESERVER:
      return MARK_NAMESERVER;
  }
  return 0;
}

Verdict verdictOf(uint32_t mark) {
  switch (mark) {
    case MARK_ACCEPT_ONCE:
      return Verdict::ACCEPT_ONCE;
    case MARK_BLOCK_ONCE:
      return Verdict::BLOCK_ONCE;
    case MARK_DROP_ONCE:
      return Verdict::DROP_ONCE;
    case MARK_ACCEPT:
      return Verdict::ACCEPT;
    case MARK_BLOCK:
      return Verdict::BLOCK;
    case MARK_DROP:
      return Verdict::DROP;
    case MARK_GATE17:
      return Verdict::GATE17;
    case MARK_NAMESERVER:
      return Verdict::NAMESERVER;
    default:
      return Verdict::NONE;
  }
}

kj::StringPtr actionText(Verdict verdict) {
  switch (verdict) {
    case Verdict::ACCEPT_ONCE:
    case Verdict::ACCEPT:
      return "allow";
    case Verdict::BLOCK_ONCE:
    case Verdict::BLOCK:
      return "block";
    case Verdict::DROP_ONCE:
    case Verdict::DROP:
      return "drop";
    case Verdict::GATE17:
      return "gate17";
    case Verdict::NAMESERVER:
      return "nameserver";
    case Verdict::ASK:
      return "ask";
    case Verdict::NONE:
      break;
  }
  return "undecided";
}

bool isRefusal(Verdict verdict) {
  return verdict == Verdict::BLOCK_ONCE || verdict == Verdict::BLOCK ||
         verdict == Verdict::DROP_ONCE || verdict == Verdict::DROP;
}

bool isRefusal(kj::StringPtr action) {
  return action == "block" || action == "drop";
}

bool isPermanent(Verdict verdict) {
  return verdict == Verdict::ACCEPT || verdict == Verdict::BLOCK || verdict == Verdict::DROP ||
         verdict == Verdict::GATE17 || verdict == Verdict::NAMESERVER;
}

}  // namespace portreeve
