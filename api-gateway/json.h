// SPDX-License-Identifier: GPL-3.0-or-later
// JSON that is sent (common/json.h), and the JSON of requests, which nobody has to trust.
#pragma once

#include "common/json.h"

#include <capnp/dynamic.h>
#include <kj/string.h>

namespace portreeve::gateway {

kj::String quoted(kj::StringPtr text);  // a JSON string

kj::Maybe<kj::String> decodeJson(kj::StringPtr body, capnp::DynamicStruct::Builder to);

template <typename Builder>
kj::Maybe<kj::String> readJson(kj::StringPtr body, Builder to) {
  return decodeJson(body, capnp::DynamicStruct::Builder(to));
}
// nullptr when it was read; else why not, for whoever sent it. UTF-8 alone, at most 16 deep, no
// field that is not known.

kj::Maybe<kj::String> parseSecret(kj::StringPtr body);
// {"secret": "<64 hexadecimal digits>"} and nothing else; nullptr for any other text.

}  // namespace portreeve::gateway
