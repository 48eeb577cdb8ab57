// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/portal-probe.h"

#include "common/log.h"

#include <sys/socket.h>

#include <algorithm>
#include <string_view>

namespace portreeve::resolver {
namespace {

constexpr std::string_view SCHEME = "http://", SECURE_SCHEME = "https://";
constexpr uint16_t HTTP_PORT = 80;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c + ('a' - 'A')) : c;
}

bool startsWith(std::string_view text, std::string_view with) {
  // Ignoring case.
  return text.size() >= with.size() &&
         std::equal(with.begin(), with.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

kj::Maybe<Name> hostOf(std::string_view url) {
  // Nullptr for a path alone, an address and what is no URL of HTTP.
  for (auto scheme : {SCHEME, SECURE_SCHEME})
    if (startsWith(url, scheme)) {
      auto rest = url.substr(scheme.size());
      auto host = rest.substr(0, rest.find_first_of("/?#"));
      auto at = host.rfind('@');
      if (at != host.npos) host = host.substr(at + 1);
      if (host.starts_with('[')) return nullptr;  // an address of IPv6 (RFC 3986, 3.2.2)
      host = host.substr(0, host.find(':'));
      auto text = kj::heapString(host.data(), host.size());
      if (host.empty() || Address::parse(text) != nullptr) return nullptr;
      return Name::parse(text);
    }
  return nullptr;
}

int statusOf(std::string_view line) {
  // "HTTP/1.1 302 Found"; 0 for anything else.
  if (!startsWith(line, "HTTP/1.") || line.size() < 12 || line[8] != ' ') return 0;
  int status = 0;
  for (char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

struct Reply {
  int status = 0;
  std::string_view location, body;

  explicit Reply(std::string_view text) {
    bool first = true;
    while (!text.empty()) {
      auto end = text.find('\n');
      auto line = trimmed(text.substr(0, end));
      text = end == text.npos ? std::string_view() : text.substr(end + 1);
      if (first)
        status = statusOf(line);
      else if (line.empty())
        break;
      else if (startsWith(line, "location:"))
        location = trimmed(line.substr(9));
      first = false;
    }
    body = text;
  }
};

ProbeResult portal(kj::Maybe<Name> name = nullptr) {
  return {ProbeResult::Kind::PORTAL, kj::mv(name)};
}

}  // namespace

kj::Maybe<ProbePage> ProbePage::parse(kj::StringPtr text) {
  std::string_view url(text.begin(), text.size());
  if (!startsWith(url, SCHEME)) return nullptr;
  url.remove_prefix(SCHEME.size());
  auto slash = std::min(url.find('/'), url.size());
  auto host = kj::heapString(url.data(), slash);
  auto path = slash == url.size() ? kj::str("/") : kj::str(text.slice(SCHEME.size() + slash));
  for (char c : path)
    if (c <= ' ' || c == 0x7f) return nullptr;
  if (host.size() == 0 || host.findFirst(':') != nullptr || Address::parse(host) != nullptr)
    return nullptr;
  KJ_IF_MAYBE (name, Name::parse(host)) return ProbePage{kj::mv(*name), kj::mv(host), kj::mv(path)};
  return nullptr;
}

ProbeResult readProbe(const ProbePage& page, kj::ArrayPtr<const char> octets) {
  Reply reply(std::string_view(octets.begin(), octets.size()));
  if (reply.status == 204) return {ProbeResult::Kind::ONLINE, nullptr};
  if (reply.status == 511) return portal();
  if (reply.status == 200) {
    if (startsWith(reply.body, {ONLINE_WORDS.begin(), ONLINE_WORDS.size()}))
      return {ProbeResult::Kind::ONLINE, nullptr};
    return portal();
  }
  if (reply.status >= 300 && reply.status < 400 && !reply.location.empty()) {
    KJ_IF_MAYBE (name, hostOf(reply.location)) {
      if (!(*name == page.host)) return portal(kj::mv(*name));
      if (startsWith(reply.location, SECURE_SCHEME)) return {ProbeResult::Kind::ONLINE, nullptr};
    }
    return portal();
  }
  return {};
}

kj::Promise<ProbeResult> PortalProbe::fetch(const ProbePage& page, const Address& from) {
  sockaddr_storage where{};
  socklen_t length = from.toSockaddr(HTTP_PORT, where);
  auto target = network.getSockaddr(&where, uint(length));
  auto& connecting = *target;
  auto fetched = connecting.connect().then(
      [this, &page](kj::Own<kj::AsyncIoStream> stream) { return converse(page, kj::mv(stream)); });
  return timer.timeoutAfter(PATIENCE, kj::mv(fetched))
      .catch_([](kj::Exception&& e) {
        log::debug(kj::str("looking for a captive portal: ", e.getDescription()));
        return ProbeResult();
      })
      .attach(kj::mv(target));
}

kj::Promise<ProbeResult> PortalProbe::converse(const ProbePage& page,
                                               kj::Own<kj::AsyncIoStream> stream) {
  auto request = kj::str("GET ", page.path, " HTTP/1.0\r\nHost: ", page.hostText,
                         "\r\nConnection: close\r\n\r\n");
  auto buffer = kj::heapArray<char>(MOST);
  auto& wire = *stream;
  char* into = buffer.begin();
  auto written = wire.write(request.begin(), request.size());
  return written.attach(kj::mv(request))
      .then([&wire, into]() { return wire.tryRead(into, MOST, MOST); })
      .then([&page, into](size_t got) { return readProbe(page, kj::arrayPtr(into, got)); })
      .attach(kj::mv(buffer), kj::mv(stream));
}

}  // namespace portreeve::resolver
