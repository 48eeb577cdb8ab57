// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/open-connections.h"

namespace portreeve::gateway {

OpenConnections::Entry::Entry(OpenConnections& all, kj::TimePoint since,
                              kj::Own<kj::PromiseFulfiller<void>> leave)
    : all(all),
      since(since),
      leave(kj::mv(leave)),
      place(all.strangers.insert(all.strangers.end(), this)) {
  all.count++;
}

OpenConnections::Entry::~Entry() noexcept(false) {
  trust();
  all.count--;
}

void OpenConnections::Entry::trust() {
  if (listed) all.strangers.erase(place);
  listed = false;
}

kj::Maybe<OpenConnections::Admitted> OpenConnections::admit(kj::TimePoint now) {
  if (count >= MOST) {
    if (strangers.empty() || count >= MOST + LEAVING) return nullptr;
    auto& oldest = *strangers.front();
    oldest.trust();  // no longer to be chosen
    oldest.leave->fulfill();
  }
  auto paf = kj::newPromiseAndFulfiller<void>();
  return Admitted{kj::heap<Entry>(*this, now, kj::mv(paf.fulfiller)), kj::mv(paf.promise)};
}

kj::TimePoint OpenConnections::notBefore() const {
  if (count < MOST || strangers.empty()) return kj::origin<kj::TimePoint>();
  return strangers.front()->since + MOMENT;
}

}  // namespace portreeve::gateway
