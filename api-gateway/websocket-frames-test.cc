// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/websocket-frames.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

#include <string>

namespace portreeve::gateway {
namespace {

constexpr uint64_t LONGEST = 1000;

std::string frame(uint8_t first, uint64_t length, bool masked = true) {
  std::string text(1, char(first));
  uint8_t mask = masked ? 0x80 : 0;
  if (length < 126) {
    text += char(mask | length);
  } else if (length < 65536) {
    text += char(mask | 126);
    text += char(length >> 8);
    text += char(length);
  } else {
    text += char(mask | 127);
    for (int shift = 56; shift >= 0; shift -= 8) text += char(length >> shift);
  }
  if (masked) text += "MASK";
  return text + std::string(size_t(length < 70000 ? length : 0), 'x');
}

std::string check(const std::string& bytes) {
  // In one piece and byte by byte: "" where nothing is wrong with it.
  auto whole = kj::arrayPtr(reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size());
  WebSocketFrames atOnce(LONGEST), slowly(LONGEST);
  kj::StringPtr wrong = "";
  KJ_IF_MAYBE (why, atOnce.check(whole)) wrong = *why;
  kj::StringPtr wrongSlowly = "";
  for (size_t i = 0; i < bytes.size() && wrongSlowly.size() == 0; i++)
    KJ_IF_MAYBE (why, slowly.check(whole.slice(i, i + 1))) wrongSlowly = *why;
  CHECK(wrong == wrongSlowly);
  return wrong.cStr();
}

constexpr uint8_t TEXT = 0x81, TEXT_BEGIN = 0x01, MORE = 0x00, LAST = 0x80, PING = 0x89,
                  CLOSE = 0x88;

TEST_CASE("ordinary frames pass: messages whole and in pieces, pings between them, a close") {
  CHECK(check(frame(TEXT, 5) + frame(TEXT, 0) + frame(TEXT, 126) + frame(TEXT, LONGEST)) == "");
  CHECK(check(frame(TEXT_BEGIN, 400) + frame(PING, 125) + frame(MORE, 400) + frame(LAST, 200) +
              frame(CLOSE, 2)) == "");
}

TEST_CASE("frames that a client may not send are refused") {
  CHECK(check(frame(TEXT, 5, false)) == "a frame of a client that is not masked");
  CHECK(check(frame(TEXT | 0x40, 5)) == "a reserved bit is set");
  CHECK(check(frame(0x83, 5)) == "an opcode that is none");
  CHECK(check(frame(0x8b, 5)) == "an opcode that is none");
  CHECK(check(frame(0x09, 5)) == "a control frame in pieces");
  CHECK(check(frame(PING, 126)) == "a control frame that is too long");
  CHECK(check(frame(LAST, 5)) == "a continuation of nothing");
  CHECK(check(frame(TEXT_BEGIN, 5) + frame(TEXT, 5)) == "a new message within another");
}

TEST_CASE("a message is bounded, however it is cut and whatever length it claims") {
  CHECK(check(frame(TEXT, LONGEST + 1)) == "a message that is too long");
  CHECK(check(frame(TEXT_BEGIN, 600) + frame(LAST, 401)) == "a message that is too long");
  CHECK(check(frame(TEXT_BEGIN, 600) + frame(LAST, 400) + frame(TEXT, 1000)) == "");
  CHECK(check(frame(TEXT, uint64_t(1) << 63)) == "a message that is too long");
  CHECK(check(frame(TEXT_BEGIN, 600) + frame(LAST, ~uint64_t(0))) == "a message that is too long");
}

}  // namespace
}  // namespace portreeve::gateway
