// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/settle-arrow.h"

#include "common/log.h"

#include <algorithm>

namespace portreeve::policy {
namespace {

constexpr auto BEFORE_RETRY = 2 * kj::MILLISECONDS;
constexpr size_t MOST_IN_A_MESSAGE = 256;  // 4 KiB

}  // namespace

SettleArrow::SettleArrow(kj::Timer& timer, kj::Function<void()> onClosed, size_t backlog)
    : timer(timer), onClosed(kj::mv(onClosed)), capacity(backlog), tasks(*this) {}

void SettleArrow::open(kj::AutoCloseFd sender) {
  arrow = RingSender(kj::mv(sender));
  flush();
}

void SettleArrow::close() {
  arrow = nullptr;
}

void SettleArrow::settle(uint64_t packetId, proto::Verdict verdict) {
  if (waiting.size() >= capacity) {
    waiting.pop_front();
    counts.givenUp++;
  }
  waiting.push_back(Settlement{packetId, verdict});
}

void SettleArrow::flush() {
  while (!waiting.empty()) {
    KJ_IF_MAYBE (sender, arrow) {
      size_t count = std::min(waiting.size(), MOST_IN_A_MESSAGE);
      switch (sendSome(*sender, count)) {
        case RingSender::Sent::YES:
          counts.settled += count;
          waiting.erase(waiting.begin(), waiting.begin() + ptrdiff_t(count));
          continue;
        case RingSender::Sent::FULL:
          counts.full++;
          return planRetry();
        case RingSender::Sent::CLOSED:
          arrow = nullptr;
          return onClosed();
      }
    } else {
      return;
    }
  }
}

RingSender::Sent SettleArrow::sendSome(RingSender& sender, size_t count) {
  auto verdicts = message.begin<proto::SettleBatch>().initVerdicts(uint(count));
  for (uint i = 0; i < count; i++) {
    verdicts[i].setId(waiting[i].id);
    verdicts[i].setVerdict(waiting[i].verdict);
  }
  return sender.send(message.builder());
}

void SettleArrow::planRetry() {
  // The socket says nothing of room again that is worth an observer: it is full for a moment or its
  // reader is stopped.
  if (retryPlanned) return;
  retryPlanned = true;
  tasks.add(timer.afterDelay(BEFORE_RETRY).then([this]() {
    retryPlanned = false;
    flush();
  }));
}

void SettleArrow::taskFailed(kj::Exception&& e) {
  log::exception("sending verdicts", e);
}

}  // namespace portreeve::policy
