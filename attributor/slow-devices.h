// SPDX-License-Identifier: GPL-3.0-or-later
// Which file systems keep their readers waiting (FUSE, NFS: whoever serves them may never answer).
// One gets two readers at most at a time; one that let somebody wait too long is left alone for a
// minute.
#pragma once

#include <kj/time.h>

#include <cstdint>
#include <unordered_map>

namespace portreeve::attributor {

class SlowDevices {
public:
  static constexpr unsigned AT_A_TIME = 2;
  static constexpr auto LEFT_ALONE = 60 * kj::SECONDS;

  bool hasRoom(uint64_t device) const {
    auto found = busy.find(device);
    return found == busy.end() || found->second < AT_A_TIME;
  }
  void begin(uint64_t device) { busy[device]++; }
  void end(uint64_t device) {
    // As often as `begin`.
    auto found = busy.find(device);
    if (--found->second == 0) busy.erase(found);
  }

  void hangs(uint64_t device, kj::TimePoint now) {
    std::erase_if(hanging, [&](auto& one) { return now - one.second > LEFT_ALONE; });
    hanging.insert_or_assign(device, now);
  }
  bool isHanging(uint64_t device, kj::TimePoint now) const {
    auto found = hanging.find(device);
    return found != hanging.end() && now - found->second <= LEFT_ALONE;
  }

private:
  std::unordered_map<uint64_t, unsigned> busy;
  std::unordered_map<uint64_t, kj::TimePoint> hanging;
};

}  // namespace portreeve::attributor
