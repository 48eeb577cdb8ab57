// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json.h"

#include <capnp/compat/json.h>

#include <set>

namespace portreeve {
namespace {

class AnnotatedCodec {
public:
  kj::String encode(capnp::DynamicValue::Reader value, capnp::Type type) {
    auto inner = type;
    while (inner.isList()) inner = inner.asList().getElementType();
    // Reading the annotations is slow, using the result is not.
    if (inner.isStruct() && known.insert(inner.asStruct().getProto().getId()).second)
      codec.handleByAnnotation(inner.asStruct());
    return codec.encode(value, type);
  }

private:
  capnp::JsonCodec codec;
  std::set<uint64_t> known;
};

}  // namespace

kj::String encodeJson(capnp::DynamicValue::Reader value, capnp::Type type) {
  static AnnotatedCodec codec;
  return codec.encode(value, type);
}

}  // namespace portreeve
