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

class Lists {
public:
  Lists(kj::StringPtr folder, std::string_view path)
      : wanted(line(path)), alternative(line(otherName(path))) {
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
  std::string wanted, alternative, text;

  static std::string line(std::string_view path) {
    std::string line;
    if (!path.empty()) line.append(1, '\n').append(path).append(1, '\n');
    return line;
  }

  bool holds(const char* name) {
    int fd = openat(dirfd(directory), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return false;
    kj::AutoCloseFd file(fd);
    return read(fd) && (text.find(wanted) != text.npos ||
                        (!alternative.empty() && text.find(alternative) != text.npos));
  }

  bool read(int fd) {
    struct stat about;
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) return false;
    if (size_t(about.st_size) > LARGEST_LIST) return false;
    // Each line then stands between two line ends.
    text.assign(1, '\n');
    text.resize(size_t(about.st_size) + 1);
    size_t size = 1;
    while (size < text.size()) {
      ssize_t got = ::read(fd, text.data() + size, text.size() - size);
      if (got <= 0) break;
      size += size_t(got);
    }
    text.resize(size);
    text.append(1, '\n');
    return true;
  }
};

}  // namespace

kj::String packageOf(kj::StringPtr path, kj::StringPtr lists) {
  std::string_view text(path.begin(), path.size());
  if (!text.starts_with('/') || text.find('\n') != text.npos) return kj::String();
  return Lists(lists, text).find();
}

}  // namespace portreeve::examiner
