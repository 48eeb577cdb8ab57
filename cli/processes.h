// SPDX-License-Identifier: GPL-3.0-or-later
// What /proc says of the machine's processes (proc(5)). All of it may be gone a moment later;
// whoever lacks the right to see something sees less, never an error.
#pragma once

#include <kj/string.h>
#include <kj/vector.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve::cli {

kj::Vector<pid_t> allProcesses();

kj::String commandName(pid_t pid);  // comm, at most 15 bytes; empty where there is no such process
pid_t parentOf(pid_t pid);          // 0 where there is none
bool sharesOurNetwork(pid_t pid);   // lives in the caller's network namespace

kj::String describeProcess(pid_t pid);
// "dnsmasq (pid 812, /usr/sbin/dnsmasq, unit dnsmasq.service)"

kj::Maybe<pid_t> holderOfSocket(uint64_t inode);  // the first that has it open
bool hasFileOpen(pid_t pid, dev_t device, ino_t inode);

kj::Maybe<kj::String> environmentOf(pid_t pid, kj::StringPtr variable);
// As the process was started with.

kj::String unitOfCgroup(kj::StringPtr cgroups);
// The systemd unit in the text of /proc/PID/cgroup, or empty.

}  // namespace portreeve::cli
