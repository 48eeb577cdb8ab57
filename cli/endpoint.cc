// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/endpoint.h"

#include "common/socket-address.h"

#include "cli/failure.h"

#include <kj/debug.h>

namespace portreeve::cli {
namespace {

size_t colonsIn(kj::StringPtr text) {
  size_t count = 0;
  for (char c : text)
    if (c == ':') count++;
  return count;
}

struct Parts {
  kj::String address;
  kj::Maybe<kj::String> port;
};

kj::Maybe<Parts> split(kj::StringPtr text) {
  if (text.startsWith("[")) {
    KJ_IF_MAYBE (close, text.findFirst(']')) {
      if (*close == 1) return nullptr;  // brackets around nothing
      auto address = kj::str(text.slice(1, *close));
      kj::StringPtr rest = text.slice(*close + 1);
      if (rest.size() == 0) return Parts{kj::mv(address), nullptr};
      if (!rest.startsWith(":")) return nullptr;
      return Parts{kj::mv(address), kj::str(rest.slice(1))};
    }
    return nullptr;
  }
  if (colonsIn(text) != 1) return Parts{kj::str(text), nullptr};
  size_t colon = KJ_ASSERT_NONNULL(text.findFirst(':'));
  return Parts{kj::str(text.slice(0, colon)), kj::str(text.slice(colon + 1))};
}

}  // namespace

kj::Maybe<Endpoint> Endpoint::parse(kj::StringPtr text) {
  KJ_IF_MAYBE (parts, split(text)) {
    Endpoint result;
    bool any = parts->address == "*" || parts->address.size() == 0;
    if (any && parts->port == nullptr) return nullptr;
    if (!any) {
      result.address = Address::parse(parts->address);
      if (result.address == nullptr) return nullptr;
    }
    KJ_IF_MAYBE (digits, parts->port) {
      KJ_IF_MAYBE (port, parsePort(*digits))
        result.port = *port;
      else
        return nullptr;
    }
    return kj::mv(result);
  }
  return nullptr;
}

kj::String Endpoint::toString() const {
  KJ_IF_MAYBE (known, address) return endpointText(known->toString(), port);
  return kj::str("*:", port);
}

Endpoint requireEndpoint(kj::StringPtr text, kj::StringPtr option) {
  KJ_IF_MAYBE (endpoint, Endpoint::parse(text)) return kj::mv(*endpoint);
  throw Failure(WRONG_USE, option, ": \"", text,
                "\" is not an address; write 192.0.2.1, 192.0.2.1:80, 2001:db8::1 or "
                "[2001:db8::1]:80");
}

kj::String endpointText(kj::StringPtr address, uint16_t port) {
  bool bracketed = address.findFirst(':') != nullptr;
  if (port == 0) return kj::str(address);
  return bracketed ? kj::str('[', address, "]:", port) : kj::str(address, ':', port);
}

Endpoint requireListenEndpoint(kj::StringPtr text, kj::StringPtr key) {
  KJ_IF_MAYBE (endpoint, Endpoint::parse(text))
    if (endpoint->address != nullptr && endpoint->port != 0) return kj::mv(*endpoint);
  throw Failure(FAILED, key, ": \"", text, "\" is not an address with a port, like 127.0.0.1:53");
}

}  // namespace portreeve::cli
