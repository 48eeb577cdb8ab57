// SPDX-License-Identifier: GPL-3.0-or-later
// What a WebSocket client may send, looked at before KJ reads it: its frames are masked, without
// reserved bits and opcodes, control frames are short and whole, messages small (RFC 6455, 5).
#pragma once

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::gateway {

class WebSocketFrames {
public:
  explicit WebSocketFrames(uint64_t longest) : longest(longest) {}

  kj::Maybe<kj::StringPtr> check(kj::ArrayPtr<const kj::byte> received);
  // What has come next of the stream, in pieces of any size. Not null: what is wrong with it;
  // nothing is to be read after that.

private:
  uint64_t longest;  // payload of a message, all its frames together
  kj::byte head[14];
  size_t headSize = 0;
  uint64_t payloadLeft = 0;
  uint64_t message = 0;     // payload so far of a message in fragments
  bool fragmented = false;  // a message has begun and not ended

  size_t headNeeded() const;
  uint64_t payloadLength() const;
  kj::Maybe<kj::StringPtr> checkStart() const;
  kj::Maybe<kj::StringPtr> checkHead();
};

}  // namespace portreeve::gateway
