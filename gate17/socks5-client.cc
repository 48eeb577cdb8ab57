// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/socks5-client.h"

#include <kj/debug.h>

namespace portreeve::gate17::socks5 {
namespace {

constexpr size_t LONGEST_REPLY = 3 + 1 + 1 + LONGEST_NAME + 2;

kj::Exception unusable(kj::String why) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::mv(why));
}

struct Conversation {
  explicit Conversation(kj::AsyncIoStream& stream) : stream(stream) {}

  kj::AsyncIoStream& stream;
  kj::Array<kj::byte> message;
  kj::byte answer[LONGEST_REPLY]{};

  kj::Promise<void> say(kj::Array<kj::byte> words) {
    message = kj::mv(words);
    return stream.write(message.begin(), message.size());
  }
  kj::Promise<void> hear(size_t from, size_t bytes) {
    return stream.read(answer + from, bytes, bytes).ignoreResult();
  }
};

kj::Promise<void> sayPassword(Conversation& talk, const Credentials& credentials) {
  return talk.say(authentication(credentials))
      .then([&talk]() { return talk.hear(0, 2); })
      .then([&talk]() -> kj::Promise<void> {
        if (talk.answer[1] == 0) return kj::READY_NOW;
        return unusable(kj::str("it does not accept the user and password"));
      });
}

kj::Promise<SocketAddress> hearReply(Conversation& talk) {
  // Version, code, reserved, address type, first byte of the address: enough to know the rest.
  return talk.hear(0, 5).then([&talk]() -> kj::Promise<SocketAddress> {
    if (talk.answer[0] != VERSION) return unusable(kj::str("it does not speak SOCKS5"));
    auto code = Reply(talk.answer[1]);
    if (code != Reply::SUCCEEDED)
      return kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                           kj::str("it says: ", toText(code)));
    auto bound = kj::arrayPtr(talk.answer + 3, LONGEST_REPLY - 3);
    size_t length = targetLength(bound.slice(0, 2)).orDefault(NEEDS_MORE);
    if (length == NEEDS_MORE) return unusable(kj::str("it does not speak SOCKS5"));
    return talk.hear(5, length - 2).then([bound, length]() {
      KJ_IF_MAYBE (parsed, parseTarget(bound.slice(0, length)))
        return SocketAddress{parsed->target.address, parsed->target.port};
      return SocketAddress();
    });
  });
}

}  // namespace

kj::Promise<void> authenticate(kj::AsyncIoStream& stream,
                               const kj::Maybe<Credentials>& credentials) {
  auto talk = kj::heap<Conversation>(stream);
  auto done = talk->say(greeting(credentials != nullptr))
                  .then([&talk = *talk]() { return talk.hear(0, 2); })
                  .then([&talk = *talk, &credentials]() -> kj::Promise<void> {
                    if (talk.answer[0] != VERSION)
                      return unusable(kj::str("it does not speak SOCKS5"));
                    if (talk.answer[1] == NO_AUTHENTICATION) return kj::READY_NOW;
                    KJ_IF_MAYBE (known, credentials)
                      if (talk.answer[1] == USER_PASSWORD) return sayPassword(talk, *known);
                    return unusable(kj::str("it wants another authentication than we have"));
                  });
  return done.attach(kj::mv(talk));
}

kj::Promise<SocketAddress> ask(kj::AsyncIoStream& stream, Command command, const Target& target) {
  auto talk = kj::heap<Conversation>(stream);
  auto done =
      talk->say(request(command, target)).then([&talk = *talk]() { return hearReply(talk); });
  return done.attach(kj::mv(talk));
}

}  // namespace portreeve::gate17::socks5
