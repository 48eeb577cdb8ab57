// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/socks5-server.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::gate17::socks5 {
namespace {

constexpr size_t LONGEST = 3 + 1 + 1 + LONGEST_NAME + 2;

kj::Exception noSocks(kj::StringPtr why) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::str(why));
}

struct Conversation {
  kj::AsyncIoStream& stream;
  kj::byte heard[LONGEST]{};

  kj::Promise<void> hear(size_t from, size_t bytes) {
    return stream.read(heard + from, bytes, bytes).ignoreResult();
  }

  kj::Promise<void> choose() {
    return hear(0, 2)
        .then([this]() -> kj::Promise<void> {
          if (heard[0] != VERSION || heard[1] == 0) return noSocks("not SOCKS5");
          return hear(2, heard[1]);
        })
        .then([this]() -> kj::Promise<void> {
          auto methods = kj::arrayPtr(heard + 2, heard[1]);
          bool known = std::count(methods.begin(), methods.end(), NO_AUTHENTICATION) > 0;
          return say({VERSION, known ? NO_AUTHENTICATION : NO_METHOD})
              .then([known]() -> kj::Promise<void> {
                if (known) return kj::READY_NOW;
                return noSocks("it insists on a password");
              });
        });
  }

  kj::Promise<Request> request() {
    return hear(0, 5).then([this]() -> kj::Promise<Request> {
      if (heard[0] != VERSION) return noSocks("not SOCKS5");
      auto target = kj::arrayPtr(heard + 3, LONGEST - 3);
      auto length = targetLength(target.slice(0, 2));
      if (length == nullptr) return refuse(Reply::ADDRESS_TYPE_UNKNOWN);
      size_t whole = length.orDefault(0);
      return hear(5, whole - 2).then([this, target, whole]() -> kj::Promise<Request> {
        KJ_IF_MAYBE (parsed, parseTarget(target.slice(0, whole)))
          return Request{Command(heard[1]), kj::mv(parsed->target)};
        return refuse(Reply::GENERAL_FAILURE);
      });
    });
  }

private:
  kj::Promise<void> say(std::initializer_list<kj::byte> words) {
    auto message = kj::heapArray<kj::byte>(words);
    auto said = stream.write(message.begin(), message.size());
    return said.attach(kj::mv(message));
  }

  kj::Promise<Request> refuse(Reply code) {
    return answer(stream, code).then([code]() -> kj::Promise<Request> {
      return noSocks(toText(code));
    });
  }
};

}  // namespace

kj::Promise<Request> hear(kj::AsyncIoStream& stream) {
  auto talk = kj::heap<Conversation>(Conversation{stream});
  auto done = talk->choose().then([&talk = *talk]() { return talk.request(); });
  return done.attach(kj::mv(talk));
}

kj::Promise<void> answer(kj::AsyncIoStream& stream, Reply code, const SocketAddress& bound) {
  auto message = reply(code, bound);
  auto said = stream.write(message.begin(), message.size());
  return said.attach(kj::mv(message));
}

}  // namespace portreeve::gate17::socks5
