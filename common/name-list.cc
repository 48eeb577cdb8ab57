// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/name-list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>

namespace portreeve {
namespace {

using namespace name_list;

[[noreturn]] void fail(kj::StringPtr file, kj::StringPtr reason) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::str(file, ": ", reason)));
}

bool isWhole(const Header& header, size_t size) {
  if (memcmp(header.magic, MAGIC, sizeof MAGIC) != 0) return false;
  if (header.buckets == 0 || header.buckets > MAX_BUCKETS || header.probes > MAX_PROBES)
    return false;
  if (memchr(header.title, 0, sizeof header.title) == nullptr) return false;
  return size == sizeof(Header) + header.buckets * sizeof(Bucket);
}

bool has(const uint64_t (&labels)[2], size_t count) {
  return (labels[count / 64] >> (count % 64) & 1) != 0;
}

}  // namespace

kj::Own<NameList> NameList::open(kj::StringPtr file) {
  int opened = ::open(file.cStr(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) fail(file, kj::str("opening the list: ", strerror(errno)));
  kj::AutoCloseFd fd(opened);
  struct stat status {};
  KJ_SYSCALL(fstat(fd, &status), file);
  if (!S_ISREG(status.st_mode) || size_t(status.st_size) < sizeof(Header))
    fail(file, "is not a compiled list");
  auto size = size_t(status.st_size);
  void* mapping = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) fail(file, kj::str("mapping the list: ", strerror(errno)));
  if (!isWhole(*static_cast<const Header*>(mapping), size)) {
    munmap(mapping, size);
    fail(file, "is not a whole compiled list of this version: `portreeve-lists` makes it again");
  }
  return kj::Own<NameList>(new NameList(mapping, size), kj::_::HeapDisposer<NameList>::instance);
}

NameList::NameList(const void* mapping, size_t size)
    : header(static_cast<const Header*>(mapping)),
      buckets(reinterpret_cast<const Bucket*>(header + 1)),
      size(size) {}

NameList::~NameList() noexcept(false) {
  munmap(const_cast<Header*>(header), size);
}

uint64_t NameList::kindsOf(uint64_t fingerprint) const noexcept {
  uint64_t at = bucketOf(fingerprint, header->buckets);
  uint32_t probes = std::min(header->probes, MAX_PROBES);
  for (uint32_t probe = 0; probe <= probes; probe++) {
    for (uint64_t slot : buckets[at].slots) {
      if (slot == 0) return 0;
      if ((slot & ~KINDS) == fingerprint) return slot & KINDS;
    }
    if (++at >= header->buckets) at = 0;
  }
  return 0;
}

NameListMatch NameList::find(std::string_view name) const noexcept {
  struct Suffix {
    uint64_t fingerprint;
    size_t at;
  };
  Suffix suffixes[MAX_LABELS];
  size_t count = 0, labels = 0;
  SuffixHash hash(header->key);
  size_t end = name.size();
  bool whole = name.empty();
  while (!whole && labels < MAX_LABELS) {
    size_t dot = end == 0 ? name.npos : name.rfind('.', end - 1);
    size_t start = dot == name.npos ? 0 : dot + 1;
    hash.add(name.substr(start, end - start));
    whole = start == 0;
    end = dot;
    if (!has(header->labels, ++labels)) continue;
    suffixes[count++] = {hash.fingerprint(), start};
    // All at once: what is not in the processor's cache comes in the time of one.
    __builtin_prefetch(&buckets[bucketOf(hash.fingerprint(), header->buckets)]);
  }
  while (count-- > 0) {
    auto& suffix = suffixes[count];
    uint64_t kinds = kindsOf(suffix.fingerprint);
    bool self = suffix.at == 0;
    if ((kinds & (self ? ALLOW_SELF : ALLOW_BELOW)) != 0) return {};
    if ((kinds & (self ? SELF : BELOW)) != 0) return {true, suffix.at, !self};
  }
  return {};
}

bool NameListFolder::refresh() {
  kj::Vector<Listed> fresh;
  troubles.clear();
  bool changed = false;
  DIR* folder = opendir(path.cStr());
  if (folder == nullptr && errno != ENOENT)
    troubles.add(kj::str(path, ": reading the folder of lists: ", strerror(errno)));
  if (folder != nullptr) {
    KJ_DEFER(closedir(folder));
    while (auto* entry = readdir(folder)) {
      kj::StringPtr name = entry->d_name;
      if (name.startsWith(".") || !name.endsWith(ENDING)) continue;
      auto title = kj::str(name.slice(0, name.size() - ENDING.size()));
      KJ_IF_MAYBE (listed, take(title, changed)) fresh.add(kj::mv(*listed));
    }
  }
  for (auto& before : lists) changed = changed || before.list.get() != nullptr;  // it is gone
  lists = kj::mv(fresh);
  return changed;
}

kj::Maybe<NameListFolder::Listed> NameListFolder::take(kj::StringPtr title, bool& changed) {
  auto file = kj::str(path, '/', title, ENDING);
  Listed* before = nullptr;
  for (auto& known : lists)
    if (known.title == title && known.list.get() != nullptr) before = &known;
  struct stat status {};
  if (lstat(file.cStr(), &status) != 0) return nullptr;  // gone since it was read
  int64_t changedNs = status.st_ctim.tv_sec * 1000000000ll + status.st_ctim.tv_nsec;
  if (before != nullptr && before->device == status.st_dev && before->inode == status.st_ino &&
      before->changedNs == changedNs)
    return kj::mv(*before);
  kj::Maybe<Listed> result;
  auto failure = kj::runCatchingExceptions([&]() {
    result = Listed{kj::str(title), status.st_dev, status.st_ino, changedNs, NameList::open(file)};
    changed = true;
  });
  KJ_IF_MAYBE (e, failure) {
    troubles.add(kj::str(e->getDescription()));
    if (before != nullptr) result = kj::mv(*before);
  }
  return result;
}

kj::Maybe<const NameList&> NameListFolder::find(kj::StringPtr title) const {
  for (auto& listed : lists)
    if (listed.title == title) return *listed.list;
  return nullptr;
}

kj::Vector<kj::String> listsWith(kj::StringPtr folder, kj::StringPtr name) {
  kj::Vector<kj::String> found;
  NameListFolder lists(folder);
  lists.refresh();
  std::string_view text(name.begin(), name.size());
  lists.forEach([&](const NameList& list) {
    auto match = list.find(text);
    if (match.listed)
      found.add(kj::str(list.title(), ": ", match.below ? "*." : "", name.slice(match.at)));
  });
  return found;
}

}  // namespace portreeve
