// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-facts.h"

#include "attributor/printable.h"
#include "attributor/unit.h"

#include <stdlib.h>
#include <string.h>

#include <string_view>

namespace portreeve::attributor {
namespace {

constexpr size_t MAX_NAME_BYTES = 64;  // comm has 15 bytes, each of them perhaps escaped
constexpr size_t MAX_PARENT_BYTES = 700;
constexpr size_t PROCESS_WORDS = 48;  // proto::Process without its texts, generously
constexpr size_t ANCESTOR_WORDS = 3;

std::string_view viewOf(kj::ArrayPtr<const kj::byte> bytes) {
  return {bytes.asChars().begin(), bytes.size()};
}

kj::String commOf(kj::ArrayPtr<const kj::byte> stat) {
  // "pid (comm) …": comm may hold parentheses itself, what follows cannot (proc(5)).
  auto text = viewOf(stat);
  size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return kj::String();
  return printable(stat.slice(open + 1, close), MAX_NAME_BYTES);
}

uint32_t effectiveId(kj::ArrayPtr<const kj::byte> status, std::string_view field) {
  // "\nUid:\treal\teffective\t…". "Name:" comes first and has its line ends escaped by the kernel.
  auto text = viewOf(status);
  size_t at = text.find(field);
  if (at == std::string_view::npos) return NO_UID;
  auto line = text.substr(at + field.size());
  line = line.substr(0, line.find('\n'));
  size_t tab = line.find('\t');
  if (tab == std::string_view::npos || tab + 1 >= line.size()) return NO_UID;
  std::string number(line.substr(tab + 1, 12));
  char* end = nullptr;
  auto id = strtoul(number.c_str(), &end, 10);
  return end == number.c_str() ? NO_UID : uint32_t(id);
}

uint64_t mix(uint64_t value) {
  // The finalizer of SplitMix64: every bit reaches every other.
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
  value = (value ^ value >> 27) * 0x94d049bb133111ebull;
  return value ^ value >> 31;
}

uint64_t instanceOf(const ExecKey& key, const FileNumbers& file) {
  uint64_t sum = mix(uint64_t(uint32_t(key.pid)) + 0x9e3779b97f4a7c15ull);
  for (uint64_t part : {key.startTicks, key.argStart, file.device, file.inode})
    sum = mix(sum + part + 0x9e3779b97f4a7c15ull);
  return sum == 0 ? 1 : sum;
}

size_t wordsOf(const kj::String& text) {
  return text.size() / 8 + 1;
}

RunningFile runningFile(proto::reader::Answer::Reader description, kj::StringPtr link) {
  RunningFile running;
  running.link = link;
  running.file = {description.getFileDevice(), description.getFileInode(),
                  description.getFileBirth()};
  running.links = description.getFileLinks();
  running.host = {description.getHostDevice(), description.getHostInode(), 0};
  running.hostMounts = description.getMountNamespace() != 0 &&
                       description.getMountNamespace() == description.getHostMountNamespace();
  return running;
}

bool wasBelieved(const ProcessFacts& before, const ExecKey& key, const FileNumbers& file) {
  return before.key == key && before.file.sameNow(file) &&
         (before.kind == proto::ProcessKind::PROGRAM ||
          before.kind == proto::ProcessKind::REPLACED);
}

void fillParents(ProcessFacts& facts, proto::reader::Answer::Reader description) {
  auto parents = description.getParents();
  for (uint i = 0; i < parents.size() && i < MAX_PARENTS; i++) {
    auto exe = viewOf(parents[i].getExe());
    constexpr std::string_view DELETED = " (deleted)";
    if (exe.ends_with(DELETED)) exe.remove_suffix(DELETED.size());
    facts.parents.add(ProcessFacts::Ancestor{
        parents[i].getPid(),
        printable(kj::arrayPtr(exe.data(), exe.size()).asBytes(), MAX_PARENT_BYTES)});
  }
}

}  // namespace

ExecKey keyOf(proto::reader::Answer::Reader answer) {
  return {answer.getPid(), answer.getStartTicks(), answer.getArgStart()};
}

SharedFacts factsFrom(proto::reader::Answer::Reader description, const ProcessFacts* before,
                      FileHistory& history) {
  auto facts = std::make_shared<ProcessFacts>();
  auto link = kj::heapString(description.getExe().asChars());
  auto running = runningFile(description, link);
  facts->key = keyOf(description);
  facts->file = running.file;
  facts->fileLinks = running.links;
  if (before != nullptr && wasBelieved(*before, facts->key, facts->file))
    running.believed = kj::StringPtr(before->path);
  auto identity = history.identify(running);
  facts->kind = identity.kind;
  facts->path = kj::mv(identity.path);
  facts->reason = kj::str(identity.reason);
  facts->name = commOf(description.getStat());
  facts->commandLine = commandLineOf(description.getCommandLine());
  facts->uid = effectiveId(description.getStatus(), "\nUid:\t");
  facts->gid = effectiveId(description.getStatus(), "\nGid:\t");
  facts->cgroup = cgroupOf(description.getCgroup());
  facts->unit = unitOf(facts->cgroup);
  facts->instance = instanceOf(facts->key, facts->file);
  fillParents(*facts, description);
  return facts;
}

void ProcessFacts::to(proto::Process::Builder builder) const {
  builder.setPid(key.pid);
  builder.setStartTicks(key.startTicks);
  builder.setKind(kind);
  builder.setPath(path);
  builder.setName(name);
  builder.setCommandLine(commandLine);
  builder.setGid(gid);
  builder.setUnit(unit);
  builder.setCgroup(cgroup);
  builder.setFileDevice(file.device);
  builder.setFileInode(file.inode);
  builder.setReason(reason);
  builder.setInstance(instance);
  auto list = builder.initParents(uint(parents.size()));
  for (uint i = 0; i < parents.size(); i++) {
    list[i].setPid(parents[i].pid);
    list[i].setPath(parents[i].path);
  }
}

size_t ProcessFacts::words() const {
  size_t sum = PROCESS_WORDS + wordsOf(path) + wordsOf(name) + wordsOf(commandLine) +
               wordsOf(unit) + wordsOf(cgroup) + wordsOf(reason);
  for (auto& parent : parents) sum += ANCESTOR_WORDS + wordsOf(parent.path);
  return sum;
}

}  // namespace portreeve::attributor
