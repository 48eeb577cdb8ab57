// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/json.h"

#include "api-gateway/query-text.h"

#include <capnp/compat/json.h>
#include <capnp/message.h>

#include <set>

namespace portreeve::gateway {
namespace {

constexpr size_t SECRET_DIGITS = 64;

class StrictCodec {
public:
  StrictCodec() {
    codec.setRejectUnknownFields(true);
    codec.setMaxNestingDepth(16);
  }

  void decode(kj::StringPtr body, capnp::DynamicStruct::Builder to) {
    // Reading the annotations is slow, using the result is not.
    if (known.insert(to.getSchema().getProto().getId()).second)
      codec.handleByAnnotation(to.getSchema());
    codec.decode(body, to);
  }

private:
  capnp::JsonCodec codec;
  std::set<uint64_t> known;
};

bool isSecret(kj::StringPtr text) {
  if (text.size() != SECRET_DIGITS) return false;
  for (char c : text)
    if (!('0' <= c && c <= '9') && !('a' <= c && c <= 'f')) return false;
  return true;
}

kj::Maybe<kj::String> secretIn(capnp::json::Value::Reader value) {
  if (!value.isObject() || value.getObject().size() != 1) return nullptr;
  auto field = value.getObject()[0];
  if (field.getName() != "secret" || !field.getValue().isString()) return nullptr;
  auto secret = field.getValue().getString();
  if (!isSecret(secret)) return nullptr;
  return kj::str(secret);
}

}  // namespace

kj::String quoted(kj::StringPtr text) {
  return toJson(capnp::Text::Reader(text));
}

kj::Maybe<kj::String> decodeJson(kj::StringPtr body, capnp::DynamicStruct::Builder to) {
  static StrictCodec codec;
  if (!isUtf8(body)) return kj::str("The body is not UTF-8.");
  // KJ's reader says what is wrong with an exception; here that is ordinary.
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { codec.decode(body, to); }))
    return kj::str("The body is not the JSON that is described for this request: ",
                   e->getDescription());
  return nullptr;
}

kj::Maybe<kj::String> parseSecret(kj::StringPtr body) {
  capnp::JsonCodec plain;
  plain.setMaxNestingDepth(2);
  capnp::MallocMessageBuilder message;
  auto value = message.initRoot<capnp::json::Value>();
  // KJ's reader says "not JSON" with an exception; here that is ordinary.
  if (kj::runCatchingExceptions([&]() { plain.decodeRaw(body, value); }) != nullptr) return nullptr;
  return secretIn(value);
}

}  // namespace portreeve::gateway
