// SPDX-License-Identifier: GPL-3.0-or-later
// The connections of all listeners, bounded. When there is no room, the oldest that has not shown a
// good session makes room: whoever opens thousands pushes out their own, not the page of somebody
// who is logged in. Each has a moment for showing it, however fast the others come.
#pragma once

#include <kj/async.h>
#include <kj/memory.h>
#include <kj/time.h>

#include <list>

namespace portreeve::gateway {

class OpenConnections {
public:
  static constexpr size_t MOST = 512;
  static constexpr size_t LEAVING = 64;  // that are pushed out and not gone yet, beside them
  static constexpr kj::Duration MOMENT = 100 * kj::MILLISECONDS;

  class Entry {
  public:
    Entry(OpenConnections& all, kj::TimePoint since, kj::Own<kj::PromiseFulfiller<void>> leave);
    ~Entry() noexcept(false);
    KJ_DISALLOW_COPY(Entry);

    void trust();  // it has shown a good session: it stays

  private:
    friend class OpenConnections;
    OpenConnections& all;
    kj::TimePoint since;
    kj::Own<kj::PromiseFulfiller<void>> leave;
    std::list<Entry*>::iterator place;
    bool listed = true;  // it can be pushed out
  };

  struct Admitted {
    kj::Own<Entry> entry;
    kj::Promise<void> pushedOut;
  };
  kj::Maybe<Admitted> admit(kj::TimePoint now);
  // nullptr: no room, and nobody to push out. This object outlives what it gives.

  kj::TimePoint notBefore() const;
  // The next one should be accepted then, or later: until then it would push out one that has not
  // had its moment. It waits with the kernel (listen(2)).

  size_t size() const { return count; }

private:
  std::list<Entry*> strangers;  // oldest first
  size_t count = 0;
};

}  // namespace portreeve::gateway
