// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes that went through a way, and how fast they go now.
#pragma once

#include <cstdint>

namespace portreeve::gate17 {

struct Traffic {
  uint64_t out = 0;  // to the far end
  uint64_t in = 0;
};

class Throughput {
  // Over the last ten seconds.
public:
  static constexpr unsigned SECONDS = 10;

  void tick(const Traffic& now) {
    // Once a second.
    at = (at + 1) % SECONDS;
    was[at] = now;
  }
  double outPerSecond() const { return double(was[at].out - oldest().out) / (SECONDS - 1); }
  double inPerSecond() const { return double(was[at].in - oldest().in) / (SECONDS - 1); }

private:
  Traffic was[SECONDS]{};
  unsigned at = 0;

  const Traffic& oldest() const { return was[(at + 1) % SECONDS]; }
};

}  // namespace portreeve::gate17
