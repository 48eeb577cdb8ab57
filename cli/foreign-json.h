// SPDX-License-Identifier: GPL-3.0-or-later
// JSON that other programs wrote, of no schema of ours.
#pragma once

#include <capnp/compat/json.capnp.h>
#include <capnp/message.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

using JsonValue = capnp::json::Value;

class ForeignJson {
public:
  explicit ForeignJson(kj::StringPtr file);
  // Throws Failure "file: reason".
  JsonValue::Reader root() const { return value.asReader(); }

private:
  capnp::MallocMessageBuilder message;
  JsonValue::Builder value;
};

kj::Maybe<JsonValue::Reader> member(JsonValue::Reader object, kj::StringPtr name);
// nullptr where it has none, or is no object.
kj::String textOf(JsonValue::Reader object, kj::StringPtr name);
// Of a text or a number; empty where there is none.
bool isTrue(JsonValue::Reader object, kj::StringPtr name, bool otherwise = false);
kj::Vector<kj::String> textsOf(JsonValue::Reader object, kj::StringPtr name);
// Of one text, or a list of them.

}  // namespace portreeve::cli
