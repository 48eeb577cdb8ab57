// SPDX-License-Identifier: GPL-3.0-or-later
// What is served as it is: the built UI, read once before this process locks itself in and can open
// no file any more; without one the plain page that is compiled in.
#pragma once

#include "api-gateway/reply.h"

#include <kj/array.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::gateway {

class StaticFiles {
public:
  static constexpr size_t MOST_FILES = 512;
  static constexpr size_t MOST_BYTES = 16 << 20;

  static StaticFiles read(kj::StringPtr folder);
  // Every plain file below it; links and names that begin with "." are left out. A folder that is
  // not there gives none. Throws FAILED when it holds too much, a file cannot be read, or there is
  // no index.html.

  bool empty() const { return files.empty(); }
  kj::Maybe<Reply> find(kj::StringPtr path) const;
  // By the whole path as asked for ("/assets/index-4f2a.js"), undecoded; "/" is "/index.html". What
  // lies below /assets/ has its digest in its name and may be kept for good. This object outlives
  // the reply.

private:
  struct File {
    kj::String path;
    kj::Array<char> content;
    kj::StringPtr type;
    bool lasting;
  };
  kj::Vector<File> files;  // sorted by path
};

Reply plainPage();
Reply plainStyle();
Reply plainScript();
Reply openApi();  // the description of /api/v1 (OpenAPI 3.1)

}  // namespace portreeve::gateway
