// SPDX-License-Identifier: GPL-3.0-or-later
// One of dpkg's lists of files. An input is the path that is looked for, a line end, and the list.
#include "attributor/examiner/packages.h"
#include "tests/fuzz/fuzz-target.h"

#include <string>
#include <string_view>

namespace {

std::string_view nextLine(std::string_view& rest) {
  size_t end = rest.find('\n');
  auto line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

bool hasLine(std::string_view list, std::string_view wanted) {
  while (!list.empty())
    if (nextLine(list) == wanted) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view list(reinterpret_cast<const char*>(data), size);
  std::string path(nextLine(list));
  bool listed = portreeve::examiner::lists(kj::arrayPtr(list.data(), list.size()), path.c_str());
  path.resize(std::char_traits<char>::length(path.c_str()));
  std::string below = "/usr" + path;
  std::string above = path.starts_with("/usr/") ? path.substr(4) : std::string();
  bool alone = hasLine(list, path);
  // A list names a path, or (of a folder of the merged /usr) its other name.
  bool any = alone || hasLine(list, below) || (!above.empty() && hasLine(list, above));
  if (path.starts_with('/')) require(listed ? any : !alone);
  if (!path.starts_with('/')) require(!listed);
  return 0;
}
