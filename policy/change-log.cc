// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/change-log.h"

#include "common/clock.h"
#include "common/log.h"
#include "policy/failure.h"
#include "policy/rule-files.h"
#include "policy/sha256.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <string.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr ENTRY = "[[change]]\n"_kj;
constexpr kj::StringPtr HASH = "hash = "_kj;

kj::String fileText(const ChangedFile& file) {
  kj::Vector<kj::String> parts;
  parts.add(kj::str("file = ", quoted(file.file), file.own ? ", own = true" : ""));
  KJ_IF_MAYBE (text, file.before) {
    parts.add(kj::str("before = ", quoted(*text)));
    if (file.beforeWrittenNs != 0) parts.add(kj::str("written = ", file.beforeWrittenNs));
  }
  KJ_IF_MAYBE (text, file.after) parts.add(kj::str("after = ", quoted(*text)));
  return kj::str("  { ", kj::strArray(parts, ", "), " },\n");
}

kj::String body(const Change& change) {
  // All but the hash, which is taken over it.
  auto files = KJ_MAP(file, change.files) {
    return fileText(file);
  };
  return kj::str(ENTRY, "number = ", change.number, "\ntime = ", quoted(change.time),
                 "\nwho = ", quoted(change.who), "\nwhat = ", quoted(change.what),
                 change.undoes == 0 ? kj::str() : kj::str("\nundoes = ", change.undoes),
                 "\nfiles = [\n", kj::strArray(files, ""),
                 "]\nprevious = ", quoted(change.previous), '\n');
}

kj::String textOf(const toml::node_view<const toml::node>& node) {
  auto text = node.value_or(std::string_view());
  return kj::heapString(text.data(), text.size());
}

ChangedFile fileOf(const toml::table& table) {
  ChangedFile file;
  file.file = textOf(table["file"]);
  file.own = table["own"].value_or(false);
  if (table.contains("before")) file.before = textOf(table["before"]);
  if (table.contains("after")) file.after = textOf(table["after"]);
  file.beforeWrittenNs = uint64_t(table["written"].value_or(int64_t(0)));
  return file;
}

Change changeOf(const toml::table& table) {
  Change change;
  change.number = uint32_t(table["number"].value_or(int64_t(0)));
  change.time = textOf(table["time"]);
  change.who = textOf(table["who"]);
  change.what = textOf(table["what"]);
  change.undoes = uint32_t(table["undoes"].value_or(int64_t(0)));
  if (const toml::array* files = table["files"].as_array())
    for (auto& node : *files)
      if (const toml::table* file = node.as_table()) change.files.add(fileOf(*file));
  change.previous = textOf(table["previous"]);
  change.hash = textOf(table["hash"]);
  return change;
}

kj::Vector<kj::ArrayPtr<const char>> linesOf(const kj::Maybe<kj::String>& text) {
  kj::Vector<kj::ArrayPtr<const char>> lines;
  KJ_IF_MAYBE (whole, text) {
    size_t start = 0;
    for (size_t i = 0; i <= whole->size(); i++) {
      bool end = i == whole->size();
      if (!end && (*whole)[i] != '\n') continue;
      if (!end || i > start) lines.add(whole->asArray().slice(start, i));
      start = i + 1;
    }
  }
  return lines;
}

size_t wholeEntries(std::string_view text) {
  // What a power cut leaves ends in the middle of an entry: where does the last whole one end?
  size_t last = text.rfind(std::string(ENTRY.cStr()));
  if (last == std::string_view::npos) return text.size();
  size_t hash = text.find(std::string("\n") + HASH.cStr(), last);
  bool whole = hash != std::string_view::npos && text.back() == '\n';
  return whole ? text.size() : last;
}

}  // namespace

ChangeLog::ChangeLog(kj::StringPtr folder, DiskSync& disk)
    : path(kj::str(folder, '/', FILE_NAME)), disk(disk) {
  sha256(kj::StringPtr("").asArray());  // its providers are loaded now
}

void ChangeLog::read() {
  changes.clear();
  broken = 0;
  int opened = open(path.cStr(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) {
    if (errno != ENOENT) log::error(kj::str("reading ", path, ": ", strerror(errno)));
    return;
  }
  auto text = kj::FdInputStream(kj::AutoCloseFd(opened)).readAllText();
  size_t whole = text.size() == 0 ? 0 : wholeEntries({text.begin(), text.size()});
  if (whole < text.size()) takeOff(whole);
  try {
    auto root = toml::parse(std::string_view(text.begin(), whole));
    if (const toml::array* list = root["change"].as_array())
      for (auto& node : *list)
        if (const toml::table* table = node.as_table()) changes.add(changeOf(*table));
  } catch (const toml::parse_error& e) {
    broken = uint32_t(changes.size() + 1);
    log::error(kj::str(path, ':', e.source().begin.line, ": the log of changes is damaged"));
    return;
  }
  kj::StringPtr previous = "";
  for (auto& change : changes) {
    bool good = change.previous == previous && sha256(body(change).asArray()) == change.hash;
    if (!good && broken == 0) broken = change.number;
    previous = change.hash;
  }
  if (broken != 0) log::error(kj::str(path, ": change ", broken, " is not as it was written"));
}

void ChangeLog::takeOff(size_t length) {
  log::warning(kj::str(path, ": its last entry was cut off and is taken away"));
  if (truncate(path.cStr(), off_t(length)) != 0)
    log::error(kj::str("shortening ", path, ": ", strerror(errno)));
}

kj::Promise<void> ChangeLog::append(Change change, uint64_t nowWallNs) {
  return kj::evalNow([&]() -> kj::Promise<void> {
    change.number = changes.empty() ? 1 : changes.back().number + 1;
    change.previous = changes.empty() ? kj::str() : kj::str(changes.back().hash);
    change.time = rfc3339(nowWallNs);
    auto text = body(change);
    change.hash = sha256(text.asArray());
    auto entry = kj::str(text, HASH, quoted(change.hash), '\n');
    int opened = open(path.cStr(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (opened < 0) fail("writing ", path, ": ", strerror(errno));
    kj::AutoCloseFd fd(opened);
    kj::FdOutputStream(int(fd)).write(entry.begin(), entry.size());
    changes.add(kj::mv(change));
    return disk.sync(kj::mv(fd));
  });
}

kj::Maybe<const Change&> ChangeLog::find(uint32_t number) const {
  for (auto& change : changes)
    if (change.number == number) return change;
  return nullptr;
}

bool ChangeLog::undone(uint32_t number) const {
  for (auto& change : changes)
    if (change.undoes == number) return true;
  return false;
}

kj::Maybe<const Change&> ChangeLog::newestToUndo() const {
  for (size_t i = changes.size(); i > 0; i--) {
    auto& change = changes[i - 1];
    bool own = !change.files.empty();
    for (auto& file : change.files) own = own && file.own && !isUsersFile(file.file);
    if (own && change.undoes == 0 && !undone(change.number)) return change;
  }
  return nullptr;
}

void ChangeLog::fill(capnp::List<proto::view::ChangeView>::Builder views, size_t first) const {
  for (uint i = 0; i < views.size(); i++) {
    auto& change = changes[first + i];
    auto view = views[i];
    view.setNumber(change.number);
    view.setTime(change.time);
    view.setWho(change.who);
    view.setWhat(change.what);
    view.setUndoes(change.undoes);
    view.setUndone(undone(change.number));
    view.setHash(change.hash);
    view.setDiff(kj::strArray(
        KJ_MAP(file, change.files) { return diffOf(file); }, ""));
  }
}

kj::String diffOf(const ChangedFile& file) {
  auto before = linesOf(file.before);
  auto after = linesOf(file.after);
  size_t same = 0;
  while (same < before.size() && same < after.size() && before[same] == after[same]) same++;
  size_t tail = 0;
  while (tail < before.size() - same && tail < after.size() - same &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    tail++;
  kj::Vector<kj::String> lines;
  lines.add(kj::str("@@ ", file.file, ':', same + 1, " @@\n"));
  for (size_t i = same; i < before.size() - tail; i++) lines.add(kj::str('-', before[i], '\n'));
  for (size_t i = same; i < after.size() - tail; i++) lines.add(kj::str('+', after[i], '\n'));
  return kj::strArray(lines, "");
}

}  // namespace portreeve::policy
