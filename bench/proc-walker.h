// SPDX-License-Identifier: GPL-3.0-or-later
// The plain way to find a socket's holder, which firewalls without a helper in the kernel take: the
// socket's inode from a table in /proc/net, then every descriptor of every process until one of
// them is it. Written to be compared with; nothing of it is used.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>

namespace portreeve::bench {

inline bool isInTable(const char* table, uint64_t inode) {
  // As text, to the line that has it: "sl local rem st queues tr retrnsmt uid timeout inode …".
  FILE* file = fopen(table, "re");
  if (file == nullptr) return false;
  char line[512];
  bool found = false;
  while (!found && fgets(line, sizeof line, file) != nullptr) {
    unsigned long long number = 0;
    int read = sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &number);
    found = read == 1 && number == inode;
  }
  fclose(file);
  return found;
}

inline bool holds(const char* pid, const char* wanted) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/fd", pid);
  DIR* folder = opendir(path);
  if (folder == nullptr) return false;
  bool found = false;
  while (dirent* entry = found ? nullptr : readdir(folder)) {
    char link[64];
    ssize_t size = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
    if (size <= 0) continue;
    link[size] = 0;
    found = strcmp(link, wanted) == 0;
  }
  closedir(folder);
  return found;
}

inline pid_t holderByWalking(const char* table, uint64_t inode) {
  // 0: nobody's.
  if (!isInTable(table, inode)) return 0;
  char wanted[64];
  snprintf(wanted, sizeof wanted, "socket:[%llu]", static_cast<unsigned long long>(inode));
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return 0;
  pid_t found = 0;
  while (dirent* entry = found != 0 ? nullptr : readdir(proc))
    if (atoi(entry->d_name) > 0 && holds(entry->d_name, wanted)) found = atoi(entry->d_name);
  closedir(proc);
  return found;
}

}  // namespace portreeve::bench
