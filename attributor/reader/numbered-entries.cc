// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/numbered-entries.h"

#include <dirent.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace portreeve::reader {
namespace {

constexpr size_t LONGEST_ENTRY = 32;  // a dirent64 whose name is a number of up to ten digits
constexpr size_t BUFFER_BYTES = 16384;
constexpr int FEW = 64;
constexpr int FIRST_DESCRIPTORS = 8;  // of a window
constexpr int FIRST_PROCESSES = 2;    // the newest is the one that is looked for, as a rule

struct Entries {
  // What one getdents64(2) gave.
  alignas(dirent64) char buffer[BUFFER_BYTES];
  size_t bytes = 0;
  bool last = false;

  bool read(int directory, size_t size) {
    ssize_t got = syscall(SYS_getdents64, directory, buffer, size);
    if (got < 0) return false;
    bytes = size_t(got);
    // One more entry would have had room: there is none.
    last = bytes + LONGEST_ENTRY <= size;
    return true;
  }

  template <typename Each>
  bool each(Each&& each) const {
    // Calls `each` with every number; stops, and returns false, when that returns false.
    for (size_t at = 0; at < bytes;) {
      auto entry = reinterpret_cast<const dirent64*>(buffer + at);
      int number;
      auto name = entry->d_name;
      auto parsed = std::from_chars(name, name + strlen(name), number);
      if (parsed.ec == std::errc() && *parsed.ptr == 0 && !each(number)) return false;
      at += entry->d_reclen;
    }
    return true;
  }
};

bool seek(int directory, NumberedDirectory kind, int number) {
  return lseek(directory, off_t(kind) + number, SEEK_SET) >= 0;
}

kj::Maybe<int> firstFrom(int directory, NumberedDirectory kind, int lower) {
  Entries entries;
  if (!seek(directory, kind, lower)) return nullptr;
  kj::Maybe<int> found;
  do {
    if (!entries.read(directory, LONGEST_ENTRY) || entries.bytes == 0) return nullptr;
    entries.each([&](int number) {
      if (number < lower) return true;
      found = number;
      return false;
    });
  } while (found == nullptr);
  return found;
}

char* put(char* to, const char* text) {
  while (*text != 0) *to++ = *text++;
  return to;
}

}  // namespace

bool readNumbers(int directory, NumberedDirectory kind, int lower, int upper,
                 kj::Vector<int>& numbers) {
  numbers.clear();
  if (lower >= upper) return true;
  if (!seek(directory, kind, lower)) return false;
  // Not much more than what is wanted: the kernel makes an inode for each entry it lists.
  size_t size = std::clamp(size_t(upper - lower) + 2, size_t(4), BUFFER_BYTES / LONGEST_ENTRY) *
                LONGEST_ENTRY;
  Entries entries;
  do {
    if (!entries.read(directory, size)) return false;
    bool wantsMore = entries.each([&](int number) {
      if (number >= upper) return false;
      if (number >= lower) numbers.add(number);
      return true;
    });
    if (!wantsMore) return true;
  } while (!entries.last);
  return true;
}

Descending::Descending(int directory, NumberedDirectory kind, kj::Vector<int>& storage)
    : Descending(directory, kind, 0, 0, storage) {
  // A descriptor folder's size is the number of its entries, since Linux 6.2; 0 before.
  struct stat folder;
  int count = fstat(directory, &folder) == 0 ? int(std::min<off_t>(folder.st_size, 1 << 24)) : 0;
  if (count > FEW) {
    upper = endOf(count);
    return;
  }
  // Most have few: one reading has them all.
  storage.clear();
  Entries entries;
  if (!seek(directory, kind, 0) || !entries.read(directory, FEW * LONGEST_ENTRY)) return;
  entries.each([&](int number) {
    storage.add(number);
    return true;
  });
  if (entries.last)
    whole = true;
  else
    upper = endOf(!storage.empty() ? storage.back() + 1 : 0);
}

Descending::Descending(int directory, NumberedDirectory kind, int lower, int upper,
                       kj::Vector<int>& storage)
    : directory(directory),
      kind(kind),
      storage(storage),
      lower(lower),
      upper(upper),
      size(kind == NumberedDirectory::PROCESSES ? FIRST_PROCESSES : FIRST_DESCRIPTORS) {}

int Descending::endOf(int guess) const {
  // One past the highest number. Where the numbers have no gaps the number of entries is it;
  // else in strides that double, then halve.
  int64_t end = guess;
  int64_t empty = end;
  for (int64_t stride = FEW; empty < INT_MAX / 2; stride *= 2) {
    KJ_IF_MAYBE (number, firstFrom(directory, kind, int(empty))) {
      end = int64_t(*number) + 1;
      empty = end + stride;
    } else {
      break;
    }
  }
  while (end < empty) {
    int64_t middle = end + (empty - end) / 2;
    KJ_IF_MAYBE (number, firstFrom(directory, kind, int(middle)))
      end = int64_t(*number) + 1;
    else
      empty = middle;
  }
  return int(end);
}

kj::ArrayPtr<const int> Descending::next() {
  if (whole) {
    whole = false;
    return storage;
  }
  while (upper > lower) {
    int from = std::max(lower, upper - size);
    if (!readNumbers(directory, kind, from, upper, storage)) break;
    upper = from;
    size = std::min(size * 4, 4096);
    if (!storage.empty()) return storage;
  }
  return nullptr;
}

NumberName::NumberName(const char* before, int number, const char* after, int second) {
  char* end = text + sizeof text - 1;
  char* at = std::to_chars(put(text, before), end, number).ptr;
  at = put(at, after);
  if (second >= 0) at = std::to_chars(at, end, second).ptr;
  *at = 0;
}

}  // namespace portreeve::reader
