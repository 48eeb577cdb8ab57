// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/json.h"

#include <capnp/compat/json.h>
#include <capnp/message.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr size_t SECRET_DIGITS = 64;

const capnp::JsonCodec& codec() {
  // Made once: reading the annotations of all these structs is slow, using the result is not.
  static const auto made = []() {
    auto fresh = kj::heap<capnp::JsonCodec>();
    fresh->handleByAnnotation<view::Status>();
    fresh->handleByAnnotation<view::Connection>();
    fresh->handleByAnnotation<view::RuleView>();
    return fresh;
  }();
  return *made;
}

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
  return codec().encode(capnp::Text::Reader(text));
}

kj::String toJson(view::Status::Reader status) {
  return codec().encode(status);
}
kj::String toJson(view::Connection::Reader connection) {
  return codec().encode(connection);
}
kj::String toJson(capnp::List<view::Connection>::Reader connections) {
  return codec().encode(connections);
}
kj::String toJson(capnp::List<view::RuleView>::Reader rules) {
  return codec().encode(rules);
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
