// SPDX-License-Identifier: GPL-3.0-or-later
// The parameters of one kind of request: those that it knows, and no other.
#pragma once

#include "api-gateway/query-text.h"

namespace portreeve::gateway {

class Parameters {
public:
  static kj::OneOf<Parameters, Wrong> parse(kj::StringPtr query,
                                            kj::ArrayPtr<const kj::StringPtr> known);

  kj::StringPtr text(kj::StringPtr key) const;  // empty: not said
  kj::Maybe<uint64_t> number(kj::StringPtr key, uint64_t least, uint64_t most,
                             uint64_t otherwise) const;
  // `otherwise` where it is not said; nullptr where it is none of these.

private:
  kj::Vector<QueryPair> pairs;
};

}  // namespace portreeve::gateway
