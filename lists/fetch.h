// SPDX-License-Identifier: GPL-3.0-or-later
// A list's source, brought here: a file is read where it is; what an https URL gives is kept beside
// the compiled list, and asked for again only if it has changed (RFC 9110, 13).
#pragma once

#include <kj/array.h>
#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::lists {

constexpr size_t LARGEST_SOURCE = 256 << 20;  // octets

struct SourceState {
  // What is known of a source between two runs.
  kj::String etag, modified;  // of the copy that is kept
  uint64_t checkedAt = 0;     // seconds since the Unix epoch; 0: never
  uint32_t failures = 0;      // in a row
  uint64_t retryAt = 0;       // not before; the wait doubles with each failure, up to a day
  kj::String error;           // of the last try; empty when it was good

  static SourceState load(kj::StringPtr file);  // empty where there is none
  void save(kj::StringPtr file) const;
};

struct Fetched {
  kj::Array<char> text;
  bool changed = false;  // since the last run
};

Fetched fetch(kj::StringPtr source, kj::StringPtr copy, SourceState& state, uint64_t now,
              bool insist);
// `copy`: where the last good download is kept. When the server cannot be asked, or (unless
// `insist`) not yet again, that copy is what is fetched, and `state` has the error. Throws FAILED
// with the source and the reason when there is no copy either. A failure while the clock is before
// WRITTEN_NS is no reason to wait. Redirects are followed to https
// alone.

}  // namespace portreeve::lists
