// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/websocket-frames.h"

namespace portreeve::gateway {
namespace {

constexpr kj::byte FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f;
constexpr kj::byte CONTINUATION = 0, BINARY = 2, CLOSE = 8, PONG = 10;
constexpr uint64_t LONGEST_CONTROL = 125;

bool isControl(kj::byte opcode) {
  return opcode >= CLOSE;
}

}  // namespace

kj::Maybe<kj::StringPtr> WebSocketFrames::check(kj::ArrayPtr<const kj::byte> received) {
  while (received.size() > 0) {
    if (payloadLeft > 0) {
      auto skipped = kj::min(payloadLeft, uint64_t(received.size()));
      payloadLeft -= skipped;
      received = received.slice(size_t(skipped), received.size());
      continue;
    }
    head[headSize++] = received[0];
    received = received.slice(1, received.size());
    if (headSize == 2)
      KJ_IF_MAYBE (wrong, checkStart()) return *wrong;
    if (headSize < 2 || headSize < headNeeded()) continue;
    KJ_IF_MAYBE (wrong, checkHead()) return *wrong;
    payloadLeft = payloadLength();
    headSize = 0;
  }
  return nullptr;
}

size_t WebSocketFrames::headNeeded() const {
  kj::byte length = head[1] & LENGTH;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + 4;
}

uint64_t WebSocketFrames::payloadLength() const {
  kj::byte length = head[1] & LENGTH;
  if (length < 126) return length;
  uint64_t value = 0;
  for (size_t i = 0; i < (length == 126 ? 2u : 8u); i++) value = value << 8 | head[2 + i];
  return value;
}

kj::Maybe<kj::StringPtr> WebSocketFrames::checkStart() const {
  kj::byte opcode = head[0] & OPCODE;
  if ((head[0] & RESERVED) != 0) return "a reserved bit is set"_kj;
  if ((opcode > BINARY && opcode < CLOSE) || opcode > PONG) return "an opcode that is none"_kj;
  if ((head[1] & MASKED) == 0) return "a frame of a client that is not masked"_kj;
  if (isControl(opcode)) {
    if ((head[0] & FIN) == 0) return "a control frame in pieces"_kj;
    if ((head[1] & LENGTH) > LONGEST_CONTROL) return "a control frame that is too long"_kj;
  } else if ((opcode == CONTINUATION) != fragmented) {
    return fragmented ? "a new message within another"_kj : "a continuation of nothing"_kj;
  }
  return nullptr;
}

kj::Maybe<kj::StringPtr> WebSocketFrames::checkHead() {
  if (isControl(head[0] & OPCODE)) return nullptr;
  auto length = payloadLength();
  if (length > longest - message) return "a message that is too long"_kj;
  fragmented = (head[0] & FIN) == 0;
  message = fragmented ? message + length : 0;
  return nullptr;
}

}  // namespace portreeve::gateway
