// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/upstream.h"

#include <kj/debug.h>

#include <charconv>
#include <string_view>

namespace portreeve::resolver {
namespace {

constexpr std::string_view PLAIN = "udp://";

[[noreturn]] void refuse(kj::StringPtr text, kj::StringPtr reason) {
  kj::throwFatalException(kj::Exception(
      kj::Exception::Type::FAILED, __FILE__, __LINE__,
      kj::str("resolver.upstreams: \"", text, "\": ", reason,
              "; write 192.0.2.1, 192.0.2.1:53, [2001:db8::1]:53 or udp:// and one of these")));
}

struct Parts {
  std::string_view address;
  kj::Maybe<std::string_view> port;
};

Parts split(std::string_view text) {
  if (text.starts_with('[')) {
    size_t end = text.find(']');
    if (end == text.npos) return {{}, nullptr};
    auto rest = text.substr(end + 1);
    if (rest.empty()) return {text.substr(1, end - 1), nullptr};
    return rest[0] == ':' ? Parts{text.substr(1, end - 1), rest.substr(1)} : Parts{{}, nullptr};
  }
  size_t colon = text.find(':');
  bool one = colon != text.npos && text.find(':', colon + 1) == text.npos;
  if (!one) return {text, nullptr};  // none, or an IPv6 address
  return {text.substr(0, colon), text.substr(colon + 1)};
}

kj::Maybe<uint16_t> parsePort(std::string_view text) {
  uint16_t port = 0;
  auto result = std::from_chars(text.begin(), text.end(), port);
  if (result.ec != std::errc() || result.ptr != text.end() || port == 0) return nullptr;
  return port;
}

}  // namespace

Upstream Upstream::parse(kj::StringPtr text) {
  std::string_view rest(text.begin(), text.size());
  if (rest.starts_with(PLAIN)) rest.remove_prefix(PLAIN.size());
  if (rest.find("://") != rest.npos) refuse(text, "only plain DNS is spoken to upstreams");
  Parts parts = split(rest);
  Upstream upstream;
  auto addressText = kj::heapString(parts.address.data(), parts.address.size());
  KJ_IF_MAYBE (address, Address::parse(addressText)) {
    upstream.address = *address;
  } else {
    refuse(text, "is not an address");
  }
  KJ_IF_MAYBE (portText, parts.port) {
    KJ_IF_MAYBE (port, parsePort(*portText)) {
      upstream.port = *port;
    } else {
      refuse(text, "has a port that is not from 1 to 65535");
    }
  }
  return upstream;
}

kj::String Upstream::toString() const {
  return kj::str(address.toString(), '@', port);
}

kj::Vector<Upstream> parseUpstreams(kj::ArrayPtr<const kj::String> texts) {
  kj::Vector<Upstream> result;
  for (auto& text : texts) result.add(Upstream::parse(text));
  return result;
}

}  // namespace portreeve::resolver
