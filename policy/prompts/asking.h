// SPDX-License-Identifier: GPL-3.0-or-later
// What the judge needs of those who ask people.
#pragma once

#include "policy/arrival.h"
#include "policy/flow.h"

namespace portreeve::policy {

class Asking {
public:
  virtual bool holds(const Arrival& arrival) = 0;
  // Whether this packet waits for an answer already: the ring was closed anew, and it was submitted
  // and attributed once more. It goes on waiting.

  virtual bool ask(Flow& flow, Arrival& arrival) = 0;
  // Of a new connection of which the rules say `ask`. True: a person is asked, and the packet
  // (moved away) waits until it is resumed. False: the judgement has been filled by an answer that
  // was given for this once, or by what holds while nobody answers.

protected:
  ~Asking() noexcept(false) = default;
};

}  // namespace portreeve::policy
