// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/name-list-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace portreeve {
namespace {

using namespace name_list;

constexpr uint64_t FULL_PERCENT = 80;

bool isTitle(kj::StringPtr title) {
  if (title.size() == 0 || title.size() > MAX_TITLE) return false;
  for (char c : title)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' &&
        c != '_')
      return false;
  return true;
}

void writeAll(int fd, const void* data, size_t size) {
  for (auto* at = static_cast<const char*>(data); size > 0;) {
    ssize_t written = ::write(fd, at, std::min<size_t>(size, 1 << 20));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) KJ_FAIL_SYSCALL("write", errno);
    at += written;
    size -= size_t(written);
  }
}

void syncFolderOf(kj::StringPtr file) {
  auto slash = file.findLast('/').orDefault(0);
  auto folder = slash == 0 ? kj::str(".") : kj::str(file.slice(0, slash));
  int fd = open(folder.cStr(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // the names are on their way to the disk anyway
  fsync(fd);
  close(fd);
}

}  // namespace

NameListWriter::NameListWriter(kj::StringPtr title) : header{} {
  KJ_REQUIRE(isTitle(title), "a list's name has letters, digits, '-' and '_', at most 63", title);
  memcpy(header.magic, MAGIC, sizeof MAGIC);
  memcpy(header.title, title.cStr(), title.size());
  if (getrandom(header.key, sizeof header.key, 0) != sizeof header.key)
    KJ_FAIL_SYSCALL("getrandom", errno);
}

void NameListWriter::add(std::string_view name, uint64_t kinds) {
  if (name.empty() || (kinds & KINDS) == 0) return;
  SuffixHash hash(header.key);
  uint32_t labels = 0;
  for (size_t end = name.size();;) {
    size_t dot = end == 0 ? name.npos : name.rfind('.', end - 1);
    size_t start = dot == name.npos ? 0 : dot + 1;
    if (++labels > MAX_LABELS) return;
    hash.add(name.substr(start, end - start));
    if (start == 0) break;
    end = dot;
  }
  header.labels[labels / 64] |= 1ull << (labels % 64);
  entries.push_back(hash.fingerprint() | (kinds & KINDS));
}

void NameListWriter::merge() {
  std::sort(entries.begin(), entries.end());
  size_t kept = 0;
  for (uint64_t entry : entries) {
    if (kept > 0 && ((entries[kept - 1] ^ entry) & ~KINDS) == 0)
      entries[kept - 1] |= entry;
    else
      entries[kept++] = entry;
  }
  entries.resize(kept);
}

std::vector<Bucket> NameListWriter::fill() {
  header.entries = entries.size();
  header.buckets = entries.size() * 100 / (FULL_PERCENT * SLOTS) + 1;
  for (;;) {
    KJ_REQUIRE(header.buckets <= MAX_BUCKETS, "the list is too long");
    std::vector<Bucket> table(header.buckets, Bucket{});
    uint32_t furthest = 0;
    for (uint64_t entry : entries) {
      uint64_t at = bucketOf(entry & ~KINDS, header.buckets);
      uint32_t probes = 0;
      uint64_t* free = nullptr;
      for (;; probes++) {
        auto& slots = table[at].slots;
        free = std::find(slots, slots + SLOTS, 0);
        if (free != slots + SLOTS || probes > MAX_PROBES) break;
        at = (at + 1) % header.buckets;
      }
      furthest = std::max(furthest, probes);
      if (probes > MAX_PROBES) break;
      *free = entry;
    }
    header.probes = furthest;
    if (furthest <= MAX_PROBES) return table;
    header.buckets += header.buckets / 4 + 1;
  }
}

uint64_t NameListWriter::write(kj::StringPtr file, uint64_t madeAt) {
  merge();
  auto table = fill();
  header.made = madeAt;
  auto temporary = kj::str(file, ".new");
  int opened = open(temporary.cStr(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (opened < 0) KJ_FAIL_SYSCALL("open", errno, temporary);
  KJ_ON_SCOPE_FAILURE(unlink(temporary.cStr()));
  kj::AutoCloseFd fd(opened);
  writeAll(fd, &header, sizeof header);
  writeAll(fd, table.data(), table.size() * sizeof(Bucket));
  KJ_SYSCALL(fsync(fd), temporary);
  KJ_SYSCALL(rename(temporary.cStr(), file.cStr()), file);
  syncFolderOf(file);
  return header.entries;
}

}  // namespace portreeve
