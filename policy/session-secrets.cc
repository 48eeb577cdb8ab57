// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/session-secrets.h"

#include "common/constant-time.h"

#include <kj/debug.h>
#include <kj/encoding.h>
#include <string.h>
#include <sys/random.h>

#include <algorithm>

namespace portreeve::policy {

SessionSecrets::~SessionSecrets() noexcept(false) {
  for (auto& secret : secrets) explicit_bzero(secret.bytes.data(), BYTES);
}

kj::String SessionSecrets::mint(uid_t uid, proto::SessionRole role) {
  forgetOld();
  makeRoomFor(uid);
  Secret secret{{}, {uid, role}, clock() + GOOD_FOR_NS};
  KJ_ASSERT(getrandom(secret.bytes.data(), BYTES, 0) == ssize_t(BYTES));
  secrets.push_back(secret);
  auto text = kj::encodeHex(kj::arrayPtr(secret.bytes.data(), BYTES));
  explicit_bzero(secret.bytes.data(), BYTES);
  return text;
}

kj::Maybe<SessionSecrets::Owner> SessionSecrets::redeem(kj::StringPtr secret) {
  forgetOld();
  auto decoded = kj::decodeHex(secret);
  if (secret.size() != 2 * BYTES || decoded.hadErrors || decoded.size() != BYTES) return nullptr;
  auto found = secrets.end();
  for (auto one = secrets.begin(); one != secrets.end(); ++one)
    if (constantTimeEqual(kj::arrayPtr(one->bytes.data(), BYTES), decoded)) found = one;
  if (found == secrets.end()) return nullptr;
  Owner owner = found->owner;
  erase(found);
  return owner;
}

size_t SessionSecrets::open() {
  forgetOld();
  return secrets.size();
}

void SessionSecrets::forgetOld() {
  uint64_t now = clock();
  while (!secrets.empty() && secrets.front().endNs <= now) erase(secrets.begin());
}

void SessionSecrets::makeRoomFor(uid_t uid) {
  auto isOurs = [uid](const Secret& secret) { return secret.owner.uid == uid; };
  if (size_t(std::count_if(secrets.begin(), secrets.end(), isOurs)) >= MOST_OF_ONE)
    erase(std::find_if(secrets.begin(), secrets.end(), isOurs));
  if (secrets.size() < MOST) return;
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::OVERLOADED, __FILE__, __LINE__,
                    kj::str("too many links are open that nobody has used: wait two minutes")));
}

void SessionSecrets::erase(std::deque<Secret>::iterator secret) {
  explicit_bzero(secret->bytes.data(), BYTES);
  secrets.erase(secret);
}

}  // namespace portreeve::policy
