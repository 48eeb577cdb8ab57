// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/processes.h"

#include "cli/text-file.h"

#include <dirent.h>
#include <kj/debug.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

template <typename Each>
void eachEntry(kj::StringPtr folder, Each&& each) {
  DIR* opened = opendir(folder.cStr());
  if (opened == nullptr) return;
  KJ_DEFER(closedir(opened));
  while (const dirent* entry = readdir(opened))
    if (entry->d_name[0] != '.') each(kj::StringPtr(entry->d_name));
}

kj::String linkTarget(kj::StringPtr path) {
  char target[PATH_MAX];
  ssize_t length = readlink(path.cStr(), target, sizeof target);
  return length < 0 ? kj::String() : kj::heapString(target, size_t(length));
}

template <typename Matches>
bool anyDescriptor(pid_t pid, Matches&& matches) {
  // `matches` is asked about "/proc/12/fd/3", and so on.
  bool found = false;
  eachEntry(kj::str("/proc/", pid, "/fd"), [&](kj::StringPtr fd) {
    found = found || matches(kj::str("/proc/", pid, "/fd/", fd));
  });
  return found;
}

}  // namespace

kj::Vector<pid_t> allProcesses() {
  kj::Vector<pid_t> pids;
  eachEntry("/proc", [&](kj::StringPtr name) {
    pid_t pid = atoi(name.cStr());
    if (pid > 0) pids.add(pid);
  });
  return pids;
}

kj::String commandName(pid_t pid) {
  KJ_IF_MAYBE (text, readText(kj::str("/proc/", pid, "/comm"))) {
    return kj::str(text->slice(0, text->size() - (text->endsWith("\n") ? 1 : 0)));
  }
  return kj::String();
}

pid_t parentOf(pid_t pid) {
  KJ_IF_MAYBE (stat, readText(kj::str("/proc/", pid, "/stat"))) {
    // "12 (name, which may hold anything) S 1 …": the last parenthesis ends the name.
    KJ_IF_MAYBE (end, stat->findLast(')')) {
      auto fields = wordsOf(stat->slice(*end + 1));
      if (fields.size() > 1) return atoi(fields[1].cStr());
    }
  }
  return 0;
}

bool sharesOurNetwork(pid_t pid) {
  struct stat ours {
  }, theirs{};
  return stat("/proc/self/ns/net", &ours) == 0 &&
         stat(kj::str("/proc/", pid, "/ns/net").cStr(), &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

kj::String describeProcess(pid_t pid) {
  auto path = linkTarget(kj::str("/proc/", pid, "/exe"));
  kj::String unit;
  KJ_IF_MAYBE (cgroups, readText(kj::str("/proc/", pid, "/cgroup"))) unit = unitOfCgroup(*cgroups);
  return kj::str(commandName(pid), " (pid ", pid, path.size() > 0 ? ", " : "", path,
                 unit.size() > 0 ? ", unit " : "", unit, ')');
}

kj::Maybe<pid_t> holderOfSocket(uint64_t inode) {
  auto wanted = kj::str("socket:[", inode, ']');
  for (pid_t pid : allProcesses())
    if (anyDescriptor(pid, [&](kj::StringPtr fd) { return linkTarget(fd) == wanted; })) return pid;
  return nullptr;
}

bool hasFileOpen(pid_t pid, dev_t device, ino_t inode) {
  return anyDescriptor(pid, [&](kj::StringPtr fd) {
    struct stat status {};
    return stat(fd.cStr(), &status) == 0 && status.st_dev == device && status.st_ino == inode;
  });
}

kj::Maybe<kj::String> environmentOf(pid_t pid, kj::StringPtr variable) {
  auto prefix = kj::str(variable, '=');
  KJ_IF_MAYBE (text, readText(kj::str("/proc/", pid, "/environ"))) {
    // Entries end in NUL.
    for (const char* entry = text->begin(); entry < text->end();) {
      kj::StringPtr one(entry);
      if (one.startsWith(prefix)) return kj::str(one.slice(prefix.size()));
      entry += one.size() + 1;
    }
  }
  return nullptr;
}

kj::String unitOfCgroup(kj::StringPtr cgroups) {
  // "0::/system.slice/ssh.service", or v1's "1:name=systemd:/…": the last component that is a unit.
  for (auto& line : linesOf(cgroups)) {
    size_t end = line.size();
    while (end > 0) {
      size_t start = end;
      while (start > 0 && line[start - 1] != '/') start--;
      auto component = kj::str(line.slice(start, end));
      if (component.endsWith(".service") || component.endsWith(".scope")) return component;
      end = start > 0 ? start - 1 : 0;
    }
  }
  return kj::String();
}

}  // namespace portreeve::cli
