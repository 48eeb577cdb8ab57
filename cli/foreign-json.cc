// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/foreign-json.h"

#include "cli/failure.h"
#include "cli/text-file.h"

#include <capnp/compat/json.h>
#include <errno.h>
#include <string.h>

namespace portreeve::cli {

ForeignJson::ForeignJson(kj::StringPtr file) : value(message.initRoot<JsonValue>()) {
  auto content = readText(file);
  KJ_IF_MAYBE (text, content) {
    KJ_IF_MAYBE (e,
                 kj::runCatchingExceptions([&]() { capnp::JsonCodec().decodeRaw(*text, value); }))
      throw Failure(FAILED, file, ": is no JSON: ", e->getDescription());
    return;
  }
  throw Failure(FAILED, file, ": ", strerror(errno));
}

kj::Maybe<JsonValue::Reader> member(JsonValue::Reader object, kj::StringPtr name) {
  if (!object.isObject()) return nullptr;
  for (auto field : object.getObject())
    if (field.getName() == name) return field.getValue();
  return nullptr;
}

namespace {

kj::String plain(JsonValue::Reader value) {
  if (value.isString()) return kj::str(value.getString());
  if (value.isNumber()) return kj::str(value.getNumber());
  return kj::String();
}

}  // namespace

kj::String textOf(JsonValue::Reader object, kj::StringPtr name) {
  KJ_IF_MAYBE (value, member(object, name)) return plain(*value);
  return kj::String();
}

bool isTrue(JsonValue::Reader object, kj::StringPtr name, bool otherwise) {
  KJ_IF_MAYBE (value, member(object, name)) {
    if (value->isBoolean()) return value->getBoolean();
  }
  return otherwise;
}

kj::Vector<kj::String> textsOf(JsonValue::Reader object, kj::StringPtr name) {
  kj::Vector<kj::String> texts;
  KJ_IF_MAYBE (value, member(object, name)) {
    if (value->isArray()) {
      for (auto one : value->getArray()) texts.add(plain(one));
    } else if (value->isString() || value->isNumber()) {
      texts.add(plain(*value));
    }
  }
  return texts;
}

}  // namespace portreeve::cli
