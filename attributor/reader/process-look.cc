// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/process-look.h"

#include "attributor/reader/patience.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/string.h>
#include <sys/sysmacros.h>

#include <string_view>

namespace portreeve::reader {
namespace {

constexpr uint64_t HOST_PATIENCE_NS = 100 * MILLISECOND;
constexpr uint64_t PROGRAM_PATIENCE_NS = 250 * MILLISECOND;
constexpr unsigned LOOKS = 3;
constexpr std::string_view DELETED = " (deleted)";       // the kernel's word, fs/d_path.c
constexpr std::string_view APPIMAGE_MOUNT = "/.mount_";  // of the AppImage runtime, in $TMPDIR

}  // namespace

ProcessLook::ProcessLook(int proc, SlowLane& slowLane)
    : proc(proc), slowLane(slowLane), ancestors(proc) {
  // As the first process sees it: this one may have been given mounts of its own. Without the right
  // to look there, what is here.
  int fd = openat(proc, "1/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    KJ_SYSCALL(fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  hostRoot = kj::AutoCloseFd(fd);
  ProcessEntry first(proc, 1);
  hostMountNamespace = first.namespaceNumber("ns/mnt");
  hostUserNamespace = first.namespaceNumber("ns/user");
  // Where the first process is not for us to look at, our own will do: capabilities that reach
  // other processes are of no other.
  if (hostUserNamespace == 0)
    hostUserNamespace = ProcessEntry(proc, "self").namespaceNumber("ns/user");
}

int ProcessLook::look(pid_t wanted, proto::reader::Answer::Builder answer) {
  pid = wanted;
  ProcessEntry entry(proc, pid);
  if (!entry.opened() || !entry.readStat(stat)) return ESRCH;
  file = entry.file();
  return lookFrom(entry, answer);
}

int ProcessLook::look(const Owner& owner, proto::reader::Answer::Builder answer) {
  pid = owner.pid;
  stat.fields = owner.stat;
  file = owner.file;
  return lookFrom(*owner.entry, answer);
}

int ProcessLook::lookFrom(const ProcessEntry& entry, proto::reader::Answer::Builder answer) {
  // `stat` and `file` were read before and are read again behind the rest: execve(2) in between
  // would have mixed two programs.
  for (unsigned i = 0; i < LOOKS; i++) {
    auto before = stat.fields;
    lookOnce(entry);
    if (!entry.readStat(stat)) return ESRCH;
    auto after = entry.file();
    bool same = stat.fields == before && after.device == file.device && after.inode == file.inode;
    file = after;
    if (!same) continue;
    fill(answer);
    return 0;
  }
  return EAGAIN;
}

void ProcessLook::lookOnce(const ProcessEntry& entry) {
  exe.size = entry.readLink("exe", exe.bytes);
  auto onHost = findOnHost(entry);
  commandLine.size = entry.read("cmdline", commandLine.bytes);
  cgroup.size = entry.read("cgroup", cgroup.bytes);
  ids = entry.effectiveIds();
  workingDirectory.size = entry.readLink("cwd", workingDirectory.bytes);
  readAppImage(entry);
  ancestors.readOf(stat.fields, monotonicNs());
  KJ_IF_MAYBE (act, onHost) foundOnHost(act->wait(HOST_PATIENCE_NS));
}

void ProcessLook::foundOnHost(const SlowLane::Result& result) {
  hostFile = result.file;
  hostMount = result.folderMount;
}

void ProcessLook::readAppImage(const ProcessEntry& entry) {
  // An environment is nobody's business but for this one word.
  appImage.size = 0;
  std::string_view path(exe.bytes, exe.size);
  if (path.find(APPIMAGE_MOUNT) == path.npos) return;
  auto size = entry.readEnvironment("APPIMAGE", appImage.bytes);
  if (appImage.bytes[0] == '/') appImage.size = size.orDefault(0);
}

kj::Maybe<SlowLane::Act> ProcessLook::findOnHost(const ProcessEntry& entry) {
  mountNamespace = entry.namespaceNumber("ns/mnt");
  hostFile = FileNumbers();
  hostMount = 0;
  std::string_view path(exe.bytes, exe.size);
  auto folder = SlowLane::Folder::LEFT_OUT;
  if (path.ends_with(DELETED)) {
    path.remove_suffix(DELETED.size());
    folder = SlowLane::Folder::TOO;
  }
  // Magic links below /proc lead into the process's own root: no path of the host's.
  if (path.size() < 2 || path[0] != '/' || path.starts_with("/proc/")) return nullptr;
  path.remove_prefix(1);
  // Whoever is root of a user namespace of his own can give any path to his program, also one that
  // leads the look-up into a file system that never answers. Without one the path is what root
  // mounted, and a file on a block device is not behind another's server: no need for a thread.
  if (!mountedByRoot(entry) || major(file.device) == 0)
    return slowLane.findFile(hostRoot, kj::arrayPtr(path.data(), path.size()), folder);
  auto text = kj::heapString(path.data(), path.size());
  foundOnHost(SlowLane::findFileNow(hostRoot, text.cStr(), folder));
  return nullptr;
}

bool ProcessLook::mountedByRoot(const ProcessEntry& entry) const {
  if (mountNamespace != 0 && mountNamespace == hostMountNamespace) return true;
  uint64_t users = entry.namespaceNumber("ns/user");
  return users != 0 && users == hostUserNamespace;
}

void ProcessLook::fill(proto::reader::Answer::Builder answer) const {
  answer.setPid(pid);
  answer.setStartTicks(stat.fields.startTicks);
  answer.setArgStart(stat.fields.argStart);
  answer.setUid(ids.uid);
  answer.setGid(ids.gid);
  answer.setFileDevice(file.device);
  answer.setFileInode(file.inode);
  answer.setFileLinks(file.links);
  answer.setFileBirth(file.birth);
  answer.setMountNamespace(mountNamespace);
  answer.setHostMountNamespace(hostMountNamespace);
  answer.setFileModified(file.modified);
  answer.setFileChanged(file.changed);
  answer.setFileSize(file.size);
  answer.setFileMount(file.mount);
  answer.setHostMount(hostMount);
  answer.setHostDevice(hostFile.device);
  answer.setHostInode(hostFile.inode);
  answer.setExe(exe.data());
  answer.setStat({reinterpret_cast<const kj::byte*>(stat.bytes), stat.size});
  answer.setCommandLine(commandLine.data());
  answer.setCgroup(cgroup.data());
  answer.setWorkingDirectory(workingDirectory.data());
  answer.setAppImage(appImage.data());
  auto line = ancestors.nearestFirst();
  auto list = answer.initParents(unsigned(line.size()));
  for (unsigned i = 0; i < line.size(); i++) {
    list[i].setPid(line[i].pid);
    list[i].setExe(line[i].path());
  }
}

int ProcessLook::openProgram(pid_t wanted, proto::reader::Answer::Builder answer,
                             kj::AutoCloseFd& program) {
  ProcessEntry entry(proc, wanted);
  if (!entry.opened()) return ESRCH;
  KJ_IF_MAYBE (before, entry.stat()) {
    auto opened = slowLane.openProgram(entry).wait(PROGRAM_PATIENCE_NS);
    if (opened.error != 0) return opened.error;
    if (entry.stat() != *before) return entry.stat() == nullptr ? ESRCH : EAGAIN;
    answer.setPid(wanted);
    answer.setStartTicks(before->startTicks);
    answer.setArgStart(before->argStart);
    answer.setFileDevice(opened.file.device);
    answer.setFileInode(opened.file.inode);
    answer.setFileModified(opened.file.modified);
    answer.setFileChanged(opened.file.changed);
    answer.setFileSize(opened.file.size);
    program = kj::mv(opened.descriptor);
    return 0;
  }
  return ESRCH;
}

}  // namespace portreeve::reader
