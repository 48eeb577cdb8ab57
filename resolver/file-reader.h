// SPDX-License-Identifier: GPL-3.0-or-later
// A helper process, forked before the sandbox, that reads a few files again whenever they change
// and hands over their octets. The resolver itself may open none of them: programs replace such
// files by renaming, and a Landlock rule for the folder would open all of /etc. The helper has no
// sockets, runs nothing, understands nothing of what it reads, and ends with its parent.
#pragma once

#include <kj/array.h>
#include <kj/async-io.h>
#include <kj/io.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::resolver {

constexpr size_t LONGEST_READ_FILE = 16 << 20;  // what is behind is left out

class FileReader {
public:
  static FileReader start(kj::ArrayPtr<const kj::StringPtr> paths);
  // Forks: call it where there is one thread, no event loop yet, and no capability any more.
  // Throws FAILED when the kernel refuses.

  FileReader(FileReader&&) = default;

  struct File {
    size_t index = 0;  // of `paths`
    bool there = false;
    kj::Array<char> content;
  };
  kj::Promise<File> next(kj::AsyncInputStream& from);
  // First each file once, in their order, then each when it has changed. Rejects when the helper
  // has ended. One at a time.

  kj::AutoCloseFd takeStream() { return kj::mv(stream); }
  // To wrap for `next`.

private:
  explicit FileReader(kj::AutoCloseFd stream) : stream(kj::mv(stream)) {}

  struct Header {
    uint32_t index;
    uint32_t there;
    uint64_t size;
  };
  friend class FileReaderHelper;

  kj::AutoCloseFd stream;
  Header header{};
};

}  // namespace portreeve::resolver
