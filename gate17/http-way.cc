// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/http-way.h"

#include <kj/debug.h>
#include <kj/encoding.h>

namespace portreeve::gate17 {
namespace {

constexpr size_t LONGEST_HEAD = 16384;

kj::Exception problem(kj::Exception::Type type, kj::String why) {
  return kj::Exception(type, __FILE__, __LINE__, kj::mv(why));
}

kj::String printable(kj::ArrayPtr<const char> text) {
  auto copy = kj::heapString(text.begin(), text.size());
  for (char& c : copy)
    if (c < ' ' || c > '~') c = '?';
  return copy;
}

struct Head {
  // The answer, a byte at a time: behind it begins what the far end says.
  kj::AsyncIoStream& stream;
  kj::String request;
  kj::Vector<char> text;

  kj::Promise<void> read() {
    size_t at = text.size();
    if (at >= LONGEST_HEAD)
      return problem(kj::Exception::Type::DISCONNECTED, kj::str("it answers without end"));
    text.add('\0');
    return stream.read(text.begin() + at, 1, 1).then([this](size_t) -> kj::Promise<void> {
      return whole() ? judge() : read();
    });
  }

private:
  bool whole() const {
    auto ends = [this](kj::StringPtr with) {
      return text.size() >= with.size() &&
             text.asPtr().slice(text.size() - with.size(), text.size()) == with.asArray();
    };
    return ends("\r\n\r\n") || ends("\n\n");
  }

  kj::Promise<void> judge() {
    // "HTTP/1.1 200 Connection established"
    constexpr size_t CODE = 9;
    kj::ArrayPtr<const char> all = text;
    bool speaks = all.size() > CODE + 3 && all.slice(0, 7) == "HTTP/1."_kj.asArray();
    if (!speaks) return problem(kj::Exception::Type::DISCONNECTED, kj::str("it is no HTTP proxy"));
    size_t end = CODE;
    while (all[end] != '\r' && all[end] != '\n') end++;
    auto said = printable(all.slice(CODE, kj::min(end, CODE + 80)));
    if (said.startsWith("2")) return kj::READY_NOW;
    if (said.startsWith("407"))
      return problem(kj::Exception::Type::DISCONNECTED,
                     kj::str("it does not accept the user and password: ", said));
    return problem(kj::Exception::Type::FAILED, kj::str("it says: ", said));
  }
};

}  // namespace

namespace http {

kj::String connectRequest(const Target& target, const kj::Maybe<socks5::Credentials>& credentials) {
  auto where = target.toString();
  kj::String authorization;
  KJ_IF_MAYBE (known, credentials)
    authorization =
        kj::str("Proxy-Authorization: Basic ",
                kj::encodeBase64(kj::str(known->user, ':', known->password).asBytes()), "\r\n");
  return kj::str("CONNECT ", where, " HTTP/1.1\r\nHost: ", where, "\r\n", authorization, "\r\n");
}

kj::Promise<void> askConnect(kj::AsyncIoStream& stream, kj::String request) {
  auto head = kj::heap<Head>(Head{stream, kj::mv(request), {}});
  auto done = stream.write(head->request.begin(), head->request.size()).then([&head = *head]() {
    return head.read();
  });
  return done.attach(kj::mv(head));
}

}  // namespace http

kj::Promise<kj::Own<kj::AsyncIoStream>> HttpWay::open(const Target& target) {
  auto request = http::connectRequest(target, credentials);
  return server.connect().then([request = kj::mv(request)](kj::Own<Socket> socket) mutable {
    auto asked = http::askConnect(*socket, kj::mv(request));
    return asked.then([socket = kj::mv(socket)]() mutable -> kj::Own<kj::AsyncIoStream> {
      socket->acknowledge();
      return kj::mv(socket);
    });
  });
}

kj::Promise<kj::Own<Datagrams>> HttpWay::associate() {
  return KJ_EXCEPTION(FAILED, "an HTTP proxy carries no datagrams");
}

kj::Promise<void> HttpWay::probe() {
  return server.connect().ignoreResult();
}

}  // namespace portreeve::gate17
