// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/upstream.h"

#include <kj/debug.h>
#include <kj/encoding.h>
#include <net/if.h>

#include <charconv>
#include <string_view>

namespace portreeve::resolver {
namespace {

struct Scheme {
  std::string_view text;
  Protocol protocol;
  uint16_t port;
};
constexpr Scheme SCHEMES[] = {{"udp://", Protocol::UDP, 53},
                              {"tcp://", Protocol::TCP, 53},
                              {"tls://", Protocol::TLS, 853},
                              {"https://", Protocol::HTTPS, 443}};

struct Preset {
  kj::StringPtr name;
  kj::StringPtr servers[4];
};
// As their operators publish them.
constexpr Preset PRESETS[] = {
    {"quad9"_kj,
     {"tls://9.9.9.9#dns.quad9.net"_kj, "tls://149.112.112.112#dns.quad9.net"_kj,
      "tls://[2620:fe::fe]#dns.quad9.net"_kj, "tls://[2620:fe::9]#dns.quad9.net"_kj}},
    {"cloudflare"_kj,
     {"tls://1.1.1.1#one.one.one.one"_kj, "tls://1.0.0.1#one.one.one.one"_kj,
      "tls://[2606:4700:4700::1111]#one.one.one.one"_kj,
      "tls://[2606:4700:4700::1001]#one.one.one.one"_kj}},
    {"google"_kj,
     {"tls://8.8.8.8#dns.google"_kj, "tls://8.8.4.4#dns.google"_kj,
      "tls://[2001:4860:4860::8888]#dns.google"_kj, "tls://[2001:4860:4860::8844]#dns.google"_kj}},
};

[[noreturn]] void refuse(kj::StringPtr text, kj::StringPtr reason) {
  kj::throwFatalException(kj::Exception(
      kj::Exception::Type::FAILED, __FILE__, __LINE__,
      kj::str("resolver.upstreams: \"", text, "\": ", reason,
              "; write 192.0.2.1, 192.0.2.1:53, [2001:db8::1]:53, tcp://192.0.2.1, "
              "tls://192.0.2.1#dns.example or https://192.0.2.1/dns-query#dns.example")));
}

kj::String copied(std::string_view text) {
  return kj::heapString(text.data(), text.size());
}

kj::Maybe<std::string_view> cutBehind(std::string_view& text, char mark) {
  size_t at = text.find(mark);
  if (at == text.npos) return nullptr;
  auto behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
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

kj::Maybe<uint32_t> parseLink(std::string_view text) {
  uint32_t index = 0;
  auto result = std::from_chars(text.begin(), text.end(), index);
  if (result.ec == std::errc() && result.ptr == text.end() && index > 0) return index;
  if (text.size() >= IF_NAMESIZE) return nullptr;
  index = if_nametoindex(copied(text).cStr());
  if (index == 0) return nullptr;
  return index;
}

kj::String linkText(uint32_t index) {
  char name[IF_NAMESIZE];
  return if_indextoname(index, name) == nullptr ? kj::str(index) : kj::str(name);
}

bool isDigest(std::string_view base64) {
  auto decoded = kj::decodeBase64(kj::arrayPtr(base64.data(), base64.size()));
  return !decoded.hadErrors && decoded.size() == 32;
}

uint16_t usualPort(Protocol protocol) {
  for (auto& scheme : SCHEMES)
    if (scheme.protocol == protocol) return scheme.port;
  return 53;
}

}  // namespace

Upstream Upstream::parse(kj::StringPtr text) {
  std::string_view rest(text.begin(), text.size());
  Upstream upstream;
  for (auto& scheme : SCHEMES)
    if (rest.starts_with(scheme.text)) {
      rest.remove_prefix(scheme.text.size());
      upstream.protocol = scheme.protocol;
      upstream.port = scheme.port;
      break;
    }
  if (rest.find("://") != rest.npos) refuse(text, "no such protocol: udp, tcp, tls and https");
  bool secure = upstream.protocol == Protocol::TLS || upstream.protocol == Protocol::HTTPS;

  auto name = cutBehind(rest, '#');
  auto query = cutBehind(rest, '?');
  auto path = cutBehind(rest, '/');
  KJ_IF_MAYBE (given, name) {
    if (!secure || given->empty() || given->size() > 253) refuse(text, "has a wrong #name");
    upstream.name = copied(*given);
  }
  KJ_IF_MAYBE (given, query) {
    if (!secure || !given->starts_with("pin=") || !isDigest(given->substr(4)))
      refuse(text, "behind \"?\" stands pin= and the SHA-256 of the server's public key in base64");
    upstream.pin = copied(given->substr(4));
  }
  if (upstream.protocol == Protocol::HTTPS)
    upstream.path = kj::str('/', copied(path.orDefault("dns-query")));
  else if (path != nullptr)
    refuse(text, "only https:// has a path");

  Parts parts = split(rest);
  KJ_IF_MAYBE (server, plain(copied(parts.address))) {
    upstream.address = server->address;
    upstream.link = server->link;
  } else {
    refuse(text, "is not an address, or names an interface that is not there");
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

kj::Maybe<Upstream> Upstream::plain(kj::StringPtr text, uint16_t port) {
  std::string_view rest(text.begin(), text.size());
  auto zone = cutBehind(rest, '%');
  Upstream upstream;
  upstream.port = port;
  KJ_IF_MAYBE (address, Address::parse(copied(rest))) {
    upstream.address = *address;
  } else {
    return nullptr;
  }
  KJ_IF_MAYBE (name, zone) {
    KJ_IF_MAYBE (index, parseLink(*name)) {
      upstream.link = *index;
    } else {
      return nullptr;
    }
  }
  return kj::mv(upstream);
}

socklen_t Upstream::toSockaddr(sockaddr_storage& out) const {
  socklen_t length = address.toSockaddr(port, out);
  if (!address.isV4()) reinterpret_cast<sockaddr_in6&>(out).sin6_scope_id = link;
  return length;
}

bool Upstream::isSameServer(const Address& other, uint16_t otherPort) const {
  return address == other && port == otherPort;
}

kj::String Upstream::toString() const {
  kj::StringPtr scheme;
  for (auto& known : SCHEMES)
    if (known.protocol == protocol) scheme = kj::StringPtr(known.text.data(), known.text.size());
  bool v4 = address.isV4();
  return kj::str(scheme, v4 ? "" : "[", address.toString(),
                 link == 0 ? kj::String() : kj::str('%', linkText(link)), v4 ? "" : "]",
                 port == usualPort(protocol) ? kj::String() : kj::str(':', port), path,
                 pin.size() > 0 ? kj::str("?pin=", pin) : kj::String(),
                 name.size() > 0 ? kj::str('#', name) : kj::String());
}

Upstream Upstream::clone() const {
  return {protocol, address, port, link, kj::str(name), kj::str(pin), kj::str(path)};
}

kj::Vector<Upstream> parseUpstreams(kj::ArrayPtr<const kj::String> texts) {
  kj::Vector<Upstream> result;
  for (auto& text : texts) {
    bool preset = false;
    for (auto& known : PRESETS)
      if (text == known.name) {
        preset = true;
        for (auto server : known.servers) result.add(Upstream::parse(server));
      }
    if (!preset) result.add(Upstream::parse(text));
  }
  return result;
}

}  // namespace portreeve::resolver
