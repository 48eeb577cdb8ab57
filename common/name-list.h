// SPDX-License-Identifier: GPL-3.0-or-later
// A compiled list of domain names, mapped read-only: for the resolver's DNS stage and for the
// `list` operand of policy's rules. Reading needs openat, fstat, mmap and close (and Landlock's
// read right on the folder), looking up no system call at all.
#pragma once

#include "common/name-list-format.h"

#include <kj/common.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>
#include <string_view>

namespace portreeve {

struct NameListMatch {
  bool listed = false;
  size_t at = 0;       // the entry is name.substr(at) …
  bool below = false;  // … "*." and that, where it lists what is below it
};

class NameList {
public:
  static kj::Own<NameList> open(kj::StringPtr file);
  // Maps it. Throws FAILED "file: reason" when it is missing or not a whole list of this version:
  // whatever bytes it holds, looking up stays within the file. The file must not be written to
  // after: it is replaced by renaming another over it, and what is mapped stays as it was.
  ~NameList() noexcept(false);
  KJ_DISALLOW_COPY(NameList);

  NameListMatch find(std::string_view name) const noexcept;
  // `name` as resolver and policy write it: lower case, no trailing dot, any escapes as in a master
  // file; at most 127 labels are looked at. The most specific entry decides; an allowing entry
  // beats a listing one of the same name. Pure, lock-free, bounded; under 200 ns for a list of
  // 1,000,000.

  kj::StringPtr title() const { return header->title; }
  uint64_t entries() const { return header->entries; }
  uint64_t madeAt() const { return header->made; }  // seconds since the Unix epoch
  size_t bytes() const { return size; }             // of the mapping

private:
  const name_list::Header* header;
  const name_list::Bucket* buckets;
  size_t size;

  NameList(const void* mapping, size_t size);
  uint64_t kindsOf(uint64_t fingerprint) const noexcept;
};

class NameListFolder {
  // Every compiled list of a folder, kept up to date on request.
public:
  static constexpr kj::StringPtr ENDING = ".names"_kj;

  explicit NameListFolder(kj::StringPtr path) : path(kj::str(path)) {}
  KJ_DISALLOW_COPY(NameListFolder);

  bool refresh();
  // Maps lists that are new or were replaced, drops those that are gone; true if there was any. A
  // list that cannot be mapped keeps its last good version; `problems` says why. A missing folder
  // holds no lists. References from `find` to lists that changed are invalid afterwards.

  kj::Maybe<const NameList&> find(kj::StringPtr title) const;  // "ads": the file ads.names
  template <typename Each>
  void forEach(Each&& each) const {
    for (auto& listed : lists) each(*listed.list);
  }
  size_t size() const { return lists.size(); }
  kj::ArrayPtr<const kj::String> problems() const { return troubles; }
  kj::StringPtr folder() const { return path; }  // for inotify: replaced by IN_MOVED_TO

private:
  struct Listed {
    kj::String title;
    uint64_t device = 0, inode = 0;
    int64_t changedNs = 0;
    kj::Own<NameList> list;
  };
  kj::String path;
  kj::Vector<Listed> lists;
  kj::Vector<kj::String> troubles;

  kj::Maybe<Listed> take(kj::StringPtr title, bool& changed);
};

kj::Vector<kj::String> listsWith(kj::StringPtr folder, kj::StringPtr name);
// "ads: *.ads.example" for each compiled list of a folder that lists the name, and the entry that
// does. One that cannot be mapped lists nothing here. `name` as for NameList::find.

}  // namespace portreeve
