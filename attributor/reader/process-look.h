// SPDX-License-Identifier: GPL-3.0-or-later
// Everything the attributor wants to know of one process, read in one consistent look and handed
// over as it is.
#pragma once

#include "attributor/reader/ancestors.h"
#include "attributor/reader/owner-search.h"
#include "attributor/reader/process-entry.h"
#include "attributor/reader/slow-lane.h"
#include "proto/reader.capnp.h"

#include <kj/common.h>
#include <sys/types.h>

namespace portreeve::reader {

constexpr size_t TEXT_BYTES = 4096;   // of cmdline and cgroup each
constexpr size_t WHERE_BYTES = 1040;  // of a working directory or an AppImage's path

class ProcessLook {
public:
  ProcessLook(int proc, SlowLane& slowLane);
  // Both outlive this object. `proc` is the open /proc.
  KJ_DISALLOW_COPY(ProcessLook);

  int look(pid_t pid, proto::reader::Answer::Builder answer);
  // Fills all but `error`, which it returns: 0, ESRCH, or EAGAIN for a process that ran another
  // program during each of three looks.
  int look(const Owner& owner, proto::reader::Answer::Builder answer);
  // The same of a process that was just found, beginning with what was read of it there.

  int openProgram(pid_t pid, proto::reader::Answer::Builder answer, kj::AutoCloseFd& program);

private:
  template <size_t SIZE>
  struct Bytes {
    size_t size = 0;
    char bytes[SIZE];
    kj::ArrayPtr<const char> text() const { return kj::arrayPtr(bytes, size); }
    capnp::Data::Reader data() const { return {reinterpret_cast<const kj::byte*>(bytes), size}; }
  };

  int proc;
  SlowLane& slowLane;
  kj::AutoCloseFd hostRoot;
  pid_t pid = 0;
  EffectiveIds ids;
  FileNumbers file, hostFile;
  uint64_t hostMount = 0;
  uint64_t mountNamespace = 0;
  uint64_t hostMountNamespace = 0;
  uint64_t hostUserNamespace = 0;
  Bytes<PATH_BYTES> exe;
  Bytes<WHERE_BYTES> workingDirectory, appImage;
  StatText stat;
  Bytes<TEXT_BYTES> commandLine, cgroup;
  Ancestors ancestors;

  int lookFrom(const ProcessEntry& entry, proto::reader::Answer::Builder answer);
  void lookOnce(const ProcessEntry& entry);
  kj::Maybe<SlowLane::Act> findOnHost(const ProcessEntry& entry);
  bool mountedByRoot(const ProcessEntry& entry) const;
  void foundOnHost(const SlowLane::Result& result);
  void readAppImage(const ProcessEntry& entry);
  void fill(proto::reader::Answer::Builder answer) const;
};

}  // namespace portreeve::reader
