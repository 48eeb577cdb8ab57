// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/identity.h"

#include "attributor/printable.h"

namespace portreeve::attributor {
namespace {

using proto::ProcessKind;

constexpr kj::StringPtr DELETED = " (deleted)"_kj;
constexpr size_t MAX_PATH_BYTES = 4096;

bool endsWithDeleted(kj::StringPtr link) {
  return link.size() > DELETED.size() && link.endsWith(DELETED);
}

std::string keyOf(kj::StringPtr path, const FileNumbers& file) {
  std::string key(path.begin(), path.size());
  key.push_back('\0');
  key.append(reinterpret_cast<const char*>(&file), sizeof file);
  return key;
}

bool openedHere(const RunningFile& running) {
  return running.mount == 0 || running.mount == running.hostMount;
}

kj::StringPtr strangersReason(const RunningFile& running, bool deleted) {
  if (running.link.startsWith("/memfd:")) return "its program is no file but memory (memfd)"_kj;
  if (!running.link.startsWith("/")) return "its file is not below this host's root"_kj;
  if (deleted && !running.hostMounts)
    return "its file is deleted and it has mounts of its own: whose file it was cannot be told"_kj;
  if (deleted && !openedHere(running))
    return "its file is deleted and was opened by another mount: whose file it was cannot be told"_kj;
  if (running.host.inode == 0) return "this host has no file of that path"_kj;
  return "its file is not this host's file of that path"_kj;
}

}  // namespace

// When is a file that is not the host's (any more) its honest predecessor, as an update leaves it?
//   1. It was seen before as the host's file of that path, birth time included: the same file then.
//   2. This very process was seen running it as the host's file of that path (paths can change:
//   mount
//      --move): it has held the inode since, so the number cannot have been given to another file.
//   3. It is deleted, the process sees the host's own mounts, and the file was opened by the mount
//      that the host has on the way to that path: then the path that the kernel shows is where the
//      file really was, and who could put it there could replace it there too. (A descriptor opened
//      in another mount namespace, passed on and run by fexecve(3), has another mount.)
// " (deleted)" alone is worth nothing: a user may bind a file of his own over /usr/bin/curl in a
// mount namespace of his, run it and delete it. Device and owner do not tell either: his home may
// be on the same file system, and the file may be another of root's programs.
Identity FileHistory::identify(const RunningFile& running) {
  auto path = running.link;
  kj::String stripped;
  bool saysDeleted = endsWithDeleted(running.link);
  if (saysDeleted) {
    stripped = kj::heapString(path.begin(), path.size() - DELETED.size());
    path = stripped;
  }
  auto shown = printable(path.asBytes(), MAX_PATH_BYTES);
  if (path.size() == 0 || running.file.inode == 0)
    return {ProcessKind::UNKNOWN, kj::mv(shown), "its program file cannot be looked at"_kj};

  if (path.startsWith("/") && running.file.sameNow(running.host)) {
    remember(path, running.file);
    return {ProcessKind::PROGRAM, kj::mv(shown), ""_kj};
  }
  // A file may be called "x (deleted)"; one that has a name left is not deleted.
  bool deleted = saysDeleted && running.links == 0;
  bool ownPlace = path.startsWith("/") && !path.startsWith("/memfd:");
  bool believed = false;
  KJ_IF_MAYBE (before, running.believed) believed = *before == shown;
  if (ownPlace && (believed || knew(path, running.file) ||
                   (deleted && running.hostMounts && openedHere(running))))
    return {ProcessKind::REPLACED, kj::mv(shown), ""_kj};
  return {ProcessKind::FOREIGN_ROOT, kj::mv(shown), strangersReason(running, deleted)};
}

void FileHistory::remember(kj::StringPtr path, const FileNumbers& file) {
  if (file.birth == 0) return;
  auto key = keyOf(path, file);
  if (young.count(key) != 0) return;
  if (young.size() >= GENERATION) {
    old = kj::mv(young);
    young.clear();
  }
  young.insert(kj::mv(key));
}

bool FileHistory::knew(kj::StringPtr path, const FileNumbers& file) {
  if (file.birth == 0) return false;
  auto key = keyOf(path, file);
  if (young.count(key) != 0) return true;
  if (old.count(key) == 0) return false;
  remember(path, file);
  return true;
}

}  // namespace portreeve::attributor
