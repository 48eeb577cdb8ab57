// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/drop-in-folder.h"

#include "cli/failure.h"
#include "cli/new-file.h"
#include "cli/text-file.h"

#include <dirent.h>
#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

kj::String folderOf(kj::StringPtr folder, kj::StringPtr unit) {
  return kj::str(folder, '/', unit, ".d");
}

bool namesAddresses(kj::StringPtr text) {
  for (auto& line : linesOf(text))
    if (line.startsWith("Listen")) return true;
  return false;
}

void requireAloneIn(kj::StringPtr folder) {
  DIR* opened = opendir(folder.cStr());
  if (opened == nullptr) return;
  KJ_DEFER(closedir(opened));
  while (const dirent* entry = readdir(opened)) {
    kj::StringPtr name = entry->d_name;
    if (!name.endsWith(".conf") || name == DROP_IN_NAME) continue;
    auto path = kj::str(folder, '/', name);
    KJ_IF_MAYBE (text, readText(path))
      if (namesAddresses(*text))
        throw Failure(FAILED, path,
                      ": names addresses as well, and was not written by `portreeve settings "
                      "apply`: put them into portreeve.toml and remove that file");
  }
}

kj::Maybe<kj::String> ownText(kj::StringPtr path) {
  KJ_IF_MAYBE (text, readText(path)) {
    if (!text->startsWith(DROP_IN_MARK))
      throw Failure(FAILED, path,
                    ": was not written by `portreeve settings apply`: rename it or remove it");
    return kj::mv(*text);
  }
  if (errno != ENOENT && errno != ENOTDIR)
    throw Failure(FAILED, "reading ", path, ": ", strerror(errno));
  return nullptr;
}

kj::StringPtr toText(DropInAct act) {
  switch (act) {
    case DropInAct::WRITE:
      return "written"_kj;
    case DropInAct::REPLACE:
      return "changed"_kj;
    case DropInAct::REMOVE:
      return "removed"_kj;
  }
  return "unknown"_kj;
}

void makeFolderOf(kj::StringPtr path) {
  auto folder = kj::str(path.slice(0, KJ_ASSERT_NONNULL(path.findLast('/'))));
  if (mkdir(folder.cStr(), 0755) == 0) {
    // Whatever umask its caller has: systemd and people read it.
    chmod(folder.cStr(), 0755);
  } else if (errno != EEXIST) {
    throw Failure(FAILED, "making ", folder, ": ", strerror(errno));
  }
}

void remove(kj::StringPtr path) {
  if (unlink(path.cStr()) != 0 && errno != ENOENT)
    throw Failure(FAILED, "removing ", path, ": ", strerror(errno));
  // Others may have drop-ins of their own there.
  rmdir(kj::str(path.slice(0, KJ_ASSERT_NONNULL(path.findLast('/')))).cStr());
}

}  // namespace

kj::Vector<DropInChange> changesIn(kj::StringPtr folder, kj::ArrayPtr<const DropIn> wanted) {
  kj::Vector<DropInChange> changes;
  for (auto& one : wanted) {
    auto unitFolder = folderOf(folder, one.unit);
    if (one.unit.endsWith(".socket")) requireAloneIn(unitFolder);
    auto path = kj::str(unitFolder, '/', DROP_IN_NAME);
    auto there = ownText(path);
    kj::Maybe<DropInAct> act;
    KJ_IF_MAYBE (text, there) {
      if (one.text.size() == 0)
        act = DropInAct::REMOVE;
      else if (*text != one.text)
        act = DropInAct::REPLACE;
    } else if (one.text.size() > 0) {
      act = DropInAct::WRITE;
    }
    KJ_IF_MAYBE (what, act)
      changes.add(DropInChange{*what, one.unit, kj::mv(path), kj::str(one.text)});
  }
  return changes;
}

void make(kj::ArrayPtr<const DropInChange> changes) {
  for (auto& change : changes) {
    if (change.act == DropInAct::REMOVE) {
      remove(change.path);
    } else {
      makeFolderOf(change.path);
      replaceFile(change.path, change.text, 0644);
      chmod(change.path.cStr(), 0644);
    }
  }
}

kj::String inWords(const DropInChange& change) {
  kj::Vector<kj::String> says;
  for (auto& line : linesOf(change.text)) {
    bool comment = line.startsWith("#") || line.startsWith("[");
    if (!comment && !line.endsWith("=")) says.add(kj::mv(line));
  }
  return kj::str(toText(change.act), ": ", change.path, says.empty() ? "" : ": ",
                 kj::strArray(says, ", "));
}

}  // namespace portreeve::cli
