// SPDX-License-Identifier: GPL-3.0-or-later
// One process's folder in /proc (proc(5)), held open: whatever is read through it is of that very
// process, even when its number has been given to another since (then reading fails).
//
// What is looked at here and not just handed over is what the kernel wrote: numbers in names, the
// link text "socket:[N]", and two or three numbers of `stat` behind the last ')'. The part before
// it, the command's name, is the process's own to choose and may hold brackets and blanks; behind
// it there are numbers alone.
#pragma once

#include <kj/common.h>
#include <kj/io.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve::reader {

struct StatFields {
  pid_t parent = 0;         // field 4
  uint64_t startTicks = 0;  // field 22, clock ticks after boot
  uint64_t argStart = 0;    // field 48, 0 for a kernel thread

  bool operator==(const StatFields& other) const = default;
};

kj::Maybe<StatFields> scanStat(kj::ArrayPtr<const char> stat);
// nullptr when it is not whole.

kj::Maybe<kj::ArrayPtr<const char>> variableIn(kj::ArrayPtr<const char> environment,
                                               const char* name);
// The value of the first variable of that name in the text of /proc/PID/environ (proc(5)), within
// it; nullptr where there is none whose end is there too.

uint64_t socketInLink(kj::ArrayPtr<const char> link);
// N of the link text "socket:[N]" (proc(5)), else 0.

uint64_t namespaceInLink(kj::ArrayPtr<const char> link);
// N of the link text "mnt:[N]", or with another kind's name (namespaces(7)), else 0.

struct FileNumbers {
  uint64_t device = 0;  // st_dev; all 0 where the file system does not say
  uint64_t inode = 0;
  uint32_t links = 0;    // st_nlink, 0: deleted
  uint64_t birth = 0;    // ns since the Unix epoch; 0 where the file system does not know
  int64_t modified = 0;  // st_mtim and st_ctim, likewise
  int64_t changed = 0;
  uint64_t size = 0;
  uint64_t mount = 0;  // id of the mount by which it was reached (statx(2)); 0 where not known
};

constexpr uid_t UNKNOWN_ID = static_cast<uid_t>(-1);

struct EffectiveIds {
  uid_t uid = UNKNOWN_ID;
  gid_t gid = UNKNOWN_ID;
};

constexpr size_t STAT_BYTES = 1024;
constexpr size_t PATH_BYTES = 4096 + 16;  // readlink(2) of a path in /proc, and " (deleted)"

struct StatText {
  // One reading of /proc/PID/stat.
  StatFields fields;
  size_t size = 0;
  char bytes[STAT_BYTES];
};

class ProcessEntry {
public:
  ProcessEntry() = default;  // of nobody
  ProcessEntry(int proc, pid_t pid);
  // `proc` is the open /proc. opened() tells whether there is such a process.
  ProcessEntry(int directory, const char* path);

  bool opened() const { return folder.get() >= 0; }
  int directory() const { return folder.get(); }

  size_t read(const char* name, kj::ArrayPtr<char> buffer) const;
  // Of a file in the folder that the kernel makes in one piece (not the lists: children, task/…),
  // until its end or that of the buffer; 0 when it cannot be read.
  size_t readLink(const char* name, kj::ArrayPtr<char> buffer) const;
  // 0 when it cannot be read or does not fit.
  bool readStat(StatText& text) const;
  // False: the process is gone. `stat` stays open from the first reading on.
  kj::Maybe<StatFields> stat() const;
  // nullptr: the process is gone.
  EffectiveIds effectiveIds() const;
  // Of a process that is gone the kernel says root's: to be believed when a reading of `stat` after
  // it shows that it is there.
  kj::Maybe<size_t> readEnvironment(const char* name, kj::ArrayPtr<char> value) const;
  // The value of that variable as the process was given it, and nothing else of the environment;
  // nullptr where it has none, or one that does not fit.
  FileNumbers file() const;
  // Of the running file, asked without waiting for a file system's own server.
  uint64_t namespaceNumber(const char* link) const;
  // Of "ns/mnt" or its like (namespaces(7)); 0 where it cannot be read.

private:
  kj::AutoCloseFd folder;
  mutable kj::AutoCloseFd statFile;
};

uint64_t socketAt(int directory, const char* name);
// The inode of the socket that the link below that folder of /proc leads to, else 0.

size_t readWhole(int fd, kj::ArrayPtr<char> buffer);
// Until the end of the file or of the buffer.

kj::Maybe<uid_t> effectiveUid(int proc, pid_t pid);

FileNumbers fileNumbers(int directory, const char* path, int flags);
// statx(2) without waiting and without mounting anything; `flags` are added.

}  // namespace portreeve::reader
