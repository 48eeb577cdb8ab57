// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/inputs.h"

#include "common/list-source.h"

#include <sys/stat.h>

namespace portreeve::lists {

kj::Vector<kj::String> inputFiles(kj::StringPtr settingsFile, const Settings& settings) {
  kj::Vector<kj::String> files;
  files.add(kj::str(settingsFile));
  for (auto& list : settings.lists)
    for (auto& source : list.sources)
      if (!isUrl(source)) files.add(kj::str(pathOf(source)));
  return files;
}

Inputs::Inputs(kj::ArrayPtr<const kj::String> files) {
  for (auto& file : files) stamps.add(stampOf(file));
}

bool Inputs::changed() const {
  for (auto& stamp : stamps)
    if (!(stampOf(stamp.path) == stamp)) return true;
  return false;
}

Inputs::Stamp Inputs::stampOf(kj::StringPtr path) {
  Stamp stamp;
  stamp.path = kj::str(path);
  struct stat status {};
  if (stat(path.cStr(), &status) != 0) return stamp;
  stamp.inode = status.st_ino;
  stamp.size = status.st_size;
  stamp.modifiedNs = int64_t(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  return stamp;
}

bool Inputs::Stamp::operator==(const Stamp& other) const {
  return inode == other.inode && size == other.size && modifiedNs == other.modifiedNs;
}

}  // namespace portreeve::lists
