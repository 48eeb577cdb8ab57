// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/archive.h"

#include "cli/archive-text.h"
#include "cli/configuration-check.h"
#include "cli/failure.h"
#include "cli/new-file.h"
#include "cli/printable.h"
#include "cli/terminal.h"
#include "cli/text-file.h"
#include "common/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/io.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace portreeve::cli {
namespace {

constexpr mode_t PUBLIC = 0644;
constexpr mode_t PRIVATE = 0600;  // as policy writes its own
constexpr ArchivedFile::Place FOLDERS[] = {ArchivedFile::Place::ADMINISTRATOR,
                                           ArchivedFile::Place::OWN, ArchivedFile::Place::USERS};
constexpr uint64_t SECOND = 1'000'000'000;

kj::String folderOf(ArchivedFile::Place place, const Directories& directories) {
  switch (place) {
    case ArchivedFile::Place::SETTINGS:
      return kj::str(directories.configuration);
    case ArchivedFile::Place::ADMINISTRATOR:
      return kj::str(directories.configuration, "/rules.d");
    case ArchivedFile::Place::OWN:
      return kj::str(directories.state, "/policy/rules.d");
    case ArchivedFile::Place::USERS:
      return kj::str(directories.state, "/policy/users.d");
    case ArchivedFile::Place::CHANGED:
      return kj::str(directories.state, "/policy");
  }
  KJ_UNREACHABLE;
}

bool isManyFiles(ArchivedFile::Place place) {
  return std::find(std::begin(FOLDERS), std::end(FOLDERS), place) != std::end(FOLDERS);
}

bool isPolicys(ArchivedFile::Place place) {
  return place == ArchivedFile::Place::OWN || place == ArchivedFile::Place::USERS ||
         place == ArchivedFile::Place::CHANGED;
}

void addFile(ArchivedFile::Place place, kj::StringPtr name, const Directories& directories,
             kj::Vector<ArchivedFile>& files) {
  auto path = kj::str(folderOf(place, directories), '/', name);
  struct stat status {};
  if (stat(path.cStr(), &status) != 0) {
    if (errno == ENOENT && !isManyFiles(place)) return;
    throw Failure(FAILED, path, ": ", strerror(errno));
  }
  auto content = readText(path);
  KJ_IF_MAYBE (text, content)
    files.add(
        ArchivedFile{place, kj::str(name), kj::mv(*text),
                     uint64_t(status.st_mtim.tv_sec) * SECOND + uint64_t(status.st_mtim.tv_nsec)});
  else
    throw Failure(FAILED, path, ": ", strerror(errno));
}

kj::Vector<kj::String> namesIn(kj::StringPtr folder) {
  kj::Vector<kj::String> names;
  DIR* opened = opendir(folder.cStr());
  if (opened == nullptr && errno == ENOENT) return names;
  if (opened == nullptr) throw Failure(FAILED, folder, ": ", strerror(errno));
  KJ_DEFER(closedir(opened));
  while (const dirent* entry = readdir(opened)) {
    kj::StringPtr name = entry->d_name;
    // Expectations travel with the rules that they prove.
    if (!name.startsWith(".") && (name.endsWith(".toml") || name.endsWith(".test")))
      names.add(kj::str(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

kj::Vector<ArchivedFile> readAllFiles(const Directories& directories) {
  kj::Vector<ArchivedFile> files;
  addFile(ArchivedFile::Place::SETTINGS, "portreeve.toml", directories, files);
  addFile(ArchivedFile::Place::CHANGED, "settings.toml", directories, files);
  for (auto place : FOLDERS)
    for (auto& name : namesIn(folderOf(place, directories)))
      addFile(place, name, directories, files);
  return files;
}

Settings settingsOf(kj::StringPtr text) {
  // They are read from a file: one that exists in memory alone.
  int opened = memfd_create("portreeve.toml", MFD_CLOEXEC);
  if (opened < 0) throw Failure(FAILED, "checking the settings: ", strerror(errno));
  kj::AutoCloseFd fd(opened);
  kj::FdOutputStream(int(fd)).write(text.begin(), text.size());
  Settings settings;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions(
                      [&]() { settings = Settings::load(kj::str("/proc/self/fd/", int(fd))); }))
    throw Failure(FAILED, "nothing was changed, because of portreeve.toml: ", e->getDescription());
  return settings;
}

void putOver(kj::StringPtr changes, Settings::PolicyTable& table) {
  KJ_IF_MAYBE (e, kj::runCatchingExceptions(
                      [&]() { readPolicyTable("settings.toml", changes, table); }))
    throw Failure(FAILED, "nothing was changed, because of ", e->getDescription());
}

void requireGood(kj::ArrayPtr<const ArchivedFile> files, const Directories& directories) {
  // As one set, as policy will.
  kj::Vector<rules::RuleSource> sources;
  for (auto& file : files) {
    // A user's file that is not good is left out by policy, too.
    if (!file.name.endsWith(".toml") || !isManyFiles(file.place) ||
        file.place == ArchivedFile::Place::USERS)
      continue;
    auto layer =
        file.place == ArchivedFile::Place::OWN ? rules::Layer::SUITE : rules::Layer::ADMINISTRATOR;
    sources.add(rules::RuleSource{kj::str(folderOf(file.place, directories), '/', file.name),
                                  kj::str(file.text), layer, file.writtenNs});
  }
  auto users = UserNames::read();
  GatheredRules gathered;
  for (auto& file : files)
    if (file.place == ArchivedFile::Place::SETTINGS) {
      gathered.settings = settingsOf(file.text);
      gathered.settingsRead = true;
    }
  for (auto& file : files)
    if (file.place == ArchivedFile::Place::CHANGED) putOver(file.text, gathered.settings.policy);
  gathered.listFolder = kj::str(directories.state, "/lists");
  auto loaded = rules::RuleSet::load(sources, optionsOf(gathered, users));
  if (loaded.problems.empty()) return;
  auto all = KJ_MAP(problem, loaded.problems) {
    return problem.toString();
  };
  throw Failure(FAILED, "nothing was changed, because of:\n", kj::strArray(all, "\n"));
}

void setTime(kj::StringPtr path, uint64_t writtenNs) {
  // A rule's `for` counts from it.
  timespec time{time_t(writtenNs / SECOND), long(writtenNs % SECOND)};
  timespec times[] = {time, time};
  if (utimensat(AT_FDCWD, path.cStr(), times, 0) != 0)
    throw Failure(FAILED, "setting the time of ", path, ": ", strerror(errno));
}

struct Owner {
  kj::Maybe<uid_t> uid;
  kj::Maybe<gid_t> gid;
};

Owner ownerOf(kj::StringPtr folder) {
  struct stat status {};
  if (stat(folder.cStr(), &status) != 0) throw Failure(FAILED, folder, ": ", strerror(errno));
  return {status.st_uid, status.st_gid};
}

void write(const ArchivedFile& file, const Directories& directories) {
  auto folder = folderOf(file.place, directories);
  auto path = kj::str(folder, '/', file.name);
  bool own = isPolicys(file.place);
  auto owner = own ? ownerOf(folder) : Owner{};
  auto present = readText(path);
  KJ_IF_MAYBE (text, present) {
    if (*text == file.text) return;
  }
  replaceFile(path, file.text, own ? PRIVATE : PUBLIC, owner.uid, owner.gid);
  setTime(path, file.writtenNs);
}

void removeOthers(kj::ArrayPtr<const ArchivedFile> files, const Directories& directories) {
  for (auto place : FOLDERS) {
    auto folder = folderOf(place, directories);
    for (auto& name : namesIn(folder)) {
      bool kept = false;
      for (auto& file : files) kept = kept || (file.place == place && file.name == name);
      auto path = kj::str(folder, '/', name);
      if (!kept && unlink(path.cStr()) != 0)
        throw Failure(FAILED, "removing ", path, ": ", strerror(errno));
    }
  }
}

void removeChanged(kj::ArrayPtr<const ArchivedFile> files, const Directories& directories) {
  for (auto& file : files)
    if (file.place == ArchivedFile::Place::CHANGED) return;
  auto path = directories.changedSettingsFile();
  if (unlink(path.cStr()) != 0 && errno != ENOENT)
    throw Failure(FAILED, "removing ", path, ": ", strerror(errno));
}

void requireFolder(kj::StringPtr folder) {
  if (mkdir(folder.cStr(), 0755) != 0 && errno != EEXIST)
    throw Failure(FAILED, folder, ": ", strerror(errno));
}

}  // namespace

int exportPolicy(const ExportOptions& options) {
  auto files = readAllFiles(Directories::fromEnvironment());
  auto text = archiveText(files, rfc3339(wallNs()));
  if (options.output.empty())
    print(text);
  else
    writeNewFile(options.output.c_str(), text, PRIVATE);
  say(kj::str(files.size(), files.size() == 1 ? " file" : " files"));
  return GOOD;
}

int importArchive(const std::string& file) {
  auto content = readText(file.c_str());
  KJ_IF_MAYBE (text, content) {
    auto directories = Directories::fromEnvironment();
    auto files = parseArchive(file.c_str(), *text);
    requireGood(files, directories);
    requireFolder(kj::str(directories.configuration, "/rules.d"));
    for (auto& one : files) write(one, directories);
    removeOthers(files, directories);
    removeChanged(files, directories);
    say(kj::str(files.size(),
                " files are as they were exported; `portreeve rule reload` says whether they are "
                "in force, other settings than [policy] are read at the next start"));
    return GOOD;
  }
  throw Failure(FAILED, file.c_str(), ": ", strerror(errno));
}

}  // namespace portreeve::cli
