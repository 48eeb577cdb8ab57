// SPDX-License-Identifier: GPL-3.0-or-later
// The structs of proto/*view*.capnp and their like as JSON, on one line: the command's --json and
// the API on :817 are the same because both call this.
#pragma once

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <capnp/schema.h>
#include <kj/string.h>

namespace portreeve {

kj::String encodeJson(capnp::DynamicValue::Reader value, capnp::Type type);
// By the annotations of /capnp/compat/json.capnp, which are read once for each struct. From the
// event loop's thread alone.

template <typename Value>
kj::String toJson(Value value) {
  // A reader or builder of a struct or of a list of structs, or a text.
  using Shown = capnp::FromAny<Value>;
  return encodeJson(capnp::DynamicValue::Reader(capnp::ReaderFor<Shown>(value)),
                    capnp::Type::from<Shown>());
}

}  // namespace portreeve
