// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/examiner/packages.h"

#include <dirent.h>
#include <fcntl.h>
#include <kj/array.h>
#include <kj/common.h>
#include <kj/io.h>
#include <kj/vector.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace portreeve::examiner {
namespace {

constexpr size_t LARGEST_LIST = 64 << 20;
constexpr std::string_view LIST = ".list";

std::string otherName(std::string_view path) {
  // Debian's merged /usr: /bin, /sbin and /lib… are links.
  for (std::string_view folder : {"/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/"}) {
    std::string merged("/usr");
    merged.append(folder);
    if (path.starts_with(folder)) return std::string("/usr").append(path);
    if (path.starts_with(merged)) return std::string(path.substr(4));
  }
  return {};
}

bool hasLine(std::string_view list, std::string_view line) {
  if (line.empty()) return false;
  auto endsAt = [&](size_t at) { return at == list.size() || list[at] == '\n'; };
  for (size_t at = 0; (at = list.find(line, at)) != list.npos; at++)
    if ((at == 0 || list[at - 1] == '\n') && endsAt(at + line.size())) return true;
  return false;
}

class Lists {
public:
  Lists(kj::StringPtr folder, kj::StringPtr path) : path(path) {
    directory = opendir(folder.cStr());
  }
  ~Lists() {
    if (directory != nullptr) closedir(directory);
  }
  KJ_DISALLOW_COPY(Lists);

  kj::String find() {
    if (directory == nullptr) return kj::String();
    while (dirent* entry = readdir(directory)) {
      std::string_view name(entry->d_name);
      if (!name.ends_with(LIST) || !holds(entry->d_name)) continue;
      name.remove_suffix(LIST.size());
      return kj::heapString(name.data(), name.size());
    }
    return kj::String();
  }

private:
  DIR* directory;
  kj::StringPtr path;
  std::string text;

  bool holds(const char* name) {
    int fd = openat(dirfd(directory), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return false;
    kj::AutoCloseFd file(fd);
    return read(fd) && lists(kj::arrayPtr(text.data(), text.size()), path);
  }

  bool read(int fd) {
    struct stat about;
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) return false;
    if (size_t(about.st_size) > LARGEST_LIST) return false;
    text.resize(size_t(about.st_size));
    size_t size = 0;
    while (size < text.size()) {
      ssize_t got = ::read(fd, text.data() + size, text.size() - size);
      if (got <= 0) break;
      size += size_t(got);
    }
    text.resize(size);
    return true;
  }
};

bool isPath(std::string_view text) {
  return text.starts_with('/') && text.find('\n') == text.npos;
}

}  // namespace

bool lists(kj::ArrayPtr<const char> list, kj::StringPtr path) {
  std::string_view text(list.begin(), list.size()), wanted(path.begin(), path.size());
  return isPath(wanted) && (hasLine(text, wanted) || hasLine(text, otherName(wanted)));
}

kj::String packageOf(kj::StringPtr path, kj::StringPtr lists) {
  if (!isPath({path.begin(), path.size()})) return kj::String();
  return Lists(lists, path).find();
}

}  // namespace portreeve::examiner
