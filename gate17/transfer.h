// SPDX-License-Identifier: GPL-3.0-or-later
// What bytes pass through on their way from a socket: a buffer for a few, a pipe for many
// (splice(2): the kernel hands on pages, and nothing is copied). Filled and emptied within one turn
// of the loop by whoever has it, so one serves all streams, and a stream that waits holds neither.
#pragma once

#include "gate17/byte-stream.h"
#include "gate17/socket.h"

#include <kj/array.h>
#include <kj/io.h>

#include <cstdint>

namespace portreeve::gate17 {

class Transfer {
public:
  Transfer();
  // Throws FAILED when there are no descriptors left. Before the sandbox, which makes no pipes.
  KJ_DISALLOW_COPY(Transfer);

  enum class Outcome {
    MOVED,  // all that was taken; there may be more
    REST,   // `rest` did not fit, or the other socket is broken: its write waits, or says so
    EMPTY,  // nothing is there now
    ENDED
  };
  struct Moved {
    Outcome outcome;
    size_t bytes = 0;  // taken from the first socket
    kj::Array<kj::byte> rest = nullptr;
  };
  Moved move(Socket& from, Socket& to, bool many);
  // `many`: a lot is expected. Throws DISCONNECTED when reading fails.

  kj::Maybe<kj::ArrayPtr<const kj::byte>> take(Socket& from);
  // What is there now, at most ByteStream::LONGEST_WRITE, good until the next call; empty at the
  // end, nullptr when nothing is there. Throws DISCONNECTED when reading fails.

  static constexpr size_t MANY = 16 << 10;
  // Taken at once it promises more; below, splice costs more than the copy.

private:
  kj::AutoCloseFd pipeOut, pipeIn;
  size_t pipeSize;
  kj::byte buffer[ByteStream::LONGEST_WRITE];

  ssize_t receive(Socket& from);  // into `buffer`
  Moved copy(Socket& from, Socket& to);
  Moved splice(Socket& from, Socket& to);
  kj::Array<kj::byte> drain(size_t bytes);
};

}  // namespace portreeve::gate17
