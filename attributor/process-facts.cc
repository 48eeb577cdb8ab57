// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-facts.h"

#include "attributor/printable.h"
#include "attributor/script.h"
#include "attributor/stable-path.h"
#include "attributor/unit.h"

#include <stdlib.h>
#include <string.h>

#include <string_view>

namespace portreeve::attributor {
namespace {

constexpr size_t MAX_NAME_BYTES = 64;  // comm has 15 bytes, each of them perhaps escaped
constexpr size_t MAX_PARENT_BYTES = 700;
constexpr size_t MAX_WHERE_BYTES = 1024;
constexpr size_t MAX_STABLE_BYTES = 4096;
constexpr size_t PROCESS_WORDS = 72;  // proto::Process without its texts, generously
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

class TextsHash {
  // FNV-1a, 64 bits.
public:
  void add(kj::StringPtr text) {
    for (char c : text) add(static_cast<unsigned char>(c));
    add(0);
  }
  uint64_t value() const { return hash; }

private:
  uint64_t hash = 14695981039346656037ull;
  void add(unsigned char byte) { hash = (hash ^ byte) * 1099511628211ull; }
};

uint64_t hashOf(const ProcessFacts& facts) {
  // Of all that `to` says and that can change within an instance.
  TextsHash hash;
  auto& placement = facts.placement;
  for (auto text : {&facts.path, &facts.name, &facts.commandLine, &facts.unit, &facts.cgroup,
                    &facts.reason, &facts.workingDirectory, &facts.appImage, &facts.script,
                    &placement.session, &placement.slice, &placement.container, &placement.pod,
                    &placement.flatpak, &placement.snap})
    hash.add(*text);
  for (auto& parent : facts.parents) hash.add(parent.path);
  for (auto& parent : facts.parents) hash.add(kj::str(parent.pid));
  return mix(hash.value() + uint64_t(facts.kind) + (uint64_t(facts.gid) << 8));
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
  running.mount = description.getFileMount();
  running.hostMount = description.getHostMount();
  running.hostMounts = description.getMountNamespace() != 0 &&
                       description.getMountNamespace() == description.getHostMountNamespace();
  return running;
}

bool wasBelieved(const ProcessFacts& before, const ExecKey& key, const FileNumbers& file) {
  return before.key == key && before.file.sameNow(file) && isHosts(before.kind);
}

kj::String appImageOf(proto::reader::Answer::Reader description) {
  // Without a word of the process itself, the name that its runtime gave to the mount: the first
  // letters of the file's, and six of chance.
  auto said = wholePrintable(description.getAppImage(), MAX_WHERE_BYTES);
  if (said.size() > 0) return said;
  constexpr std::string_view MOUNT = "/.mount_";
  constexpr size_t CHANCE = 6;
  auto path = viewOf(description.getExe());
  size_t at = path.find(MOUNT);
  if (at == path.npos) return kj::String();
  auto name = path.substr(at + MOUNT.size());
  name = name.substr(0, name.find('/'));
  if (name.size() <= CHANCE) return kj::String();
  name.remove_suffix(CHANCE);
  return wholePrintable(kj::arrayPtr(name.data(), name.size()).asBytes(), MAX_WHERE_BYTES);
}

kj::String snapOf(kj::StringPtr path) {
  // What root has mounted below /snap is a snap, whatever its cgroup is called.
  auto rest = std::string_view(path.begin(), path.size());
  if (!rest.starts_with("/snap/")) return kj::String();
  rest.remove_prefix(6);
  auto name = rest.substr(0, rest.find('/'));
  if (name.size() == rest.size() || name == "bin") return kj::String();
  name = name.substr(0, name.find('_'));
  return kj::heapString(name.data(), name.size());
}

void fillGroups(ProcessFacts& facts, proto::reader::Answer::Reader description) {
  auto groups = groupsOf(description.getCgroup());
  facts.cgroup = cgroupOf(groups, description.getCgroup());
  facts.unit = unitOf(facts.cgroup);
  facts.placement = placementOf(groups);
}

void fillWhere(ProcessFacts& facts, proto::reader::Answer::Reader description) {
  facts.workingDirectory = wholePrintable(description.getWorkingDirectory(), MAX_WHERE_BYTES);
  facts.appImage = appImageOf(description);
  facts.script = scriptOf(facts.path, description.getCommandLine(), facts.workingDirectory);
  facts.stablePath = stablePathOf(facts.path);
  if (facts.stablePath.size() > MAX_STABLE_BYTES) facts.stablePath = kj::String();
  auto& placement = facts.placement;
  if (isHosts(facts.kind)) {
    auto mounted = snapOf(facts.path);
    if (mounted.size() > 0) {
      placement.snap = kj::mv(mounted);
      placement.snapByUser = false;
    }
  }
  auto claim = [&](bool claimed, kj::StringPtr what) {
    if (claimed) facts.claimed.add(what);
  };
  claim(placement.sliceByUser, "slice"_kj);
  claim(placement.containerByUser, "container"_kj);
  claim(placement.flatpakByUser, "flatpak"_kj);
  claim(placement.snapByUser, "snap"_kj);
  claim(facts.appImage.size() > 0, "appimage"_kj);
  claim(facts.script.size() > 0, "script"_kj);
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

std::shared_ptr<ProcessFacts> factsFrom(proto::reader::Answer::Reader description,
                                        const ProcessFacts* before, FileHistory& history) {
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
  facts->uid = description.getUid();
  facts->gid = description.getGid();
  fillGroups(*facts, description);
  facts->instance = instanceOf(facts->key, facts->file);
  fillParents(*facts, description);
  fillWhere(*facts, description);
  facts->textsHash = hashOf(*facts);
  return facts;
}

std::shared_ptr<ProcessFacts> factsOfGone(const ExecKey& key, const ProcessFacts& sameFile) {
  auto facts = std::make_shared<ProcessFacts>();
  facts->key = key;
  facts->file = sameFile.file;
  facts->fileLinks = sameFile.fileLinks;
  facts->kind = sameFile.kind;
  facts->path = kj::str(sameFile.path);
  facts->stablePath = kj::str(sameFile.stablePath);
  constexpr size_t COMM_LENGTH = 15;
  auto name = facts->path.slice(
      facts->path.findLast('/').map([](size_t at) { return at + 1; }).orDefault(0));
  facts->name = kj::heapString(name.slice(0, kj::min(name.size(), COMM_LENGTH)));
  facts->placement.snap = isHosts(facts->kind) ? snapOf(facts->path) : kj::String();
  facts->reason = sameFile.reason.size() > 0
                      ? kj::str(sameFile.reason)
                      : kj::str("it had gone: the kernel noted the file that it ran");
  // Whoever owns the file may have written to it since it was examined.
  auto examination = std::make_shared<Examination>();
  examination->done = true;
  examination->whyNot = kj::str("it had gone before its file could be looked at");
  facts->examination = kj::mv(examination);
  facts->instance = instanceOf(facts->key, facts->file);
  facts->textsHash = hashOf(*facts);
  return facts;
}

uint64_t ProcessFacts::fingerprint() const {
  bool examined = examination != nullptr && examination->done;
  uint64_t value = mix(textsHash + (examined ? 1 : 0));
  return value == 0 ? 1 : value;
}

void ProcessFacts::to(proto::Process::Builder builder, Detail detail) const {
  builder.setPid(key.pid);
  builder.setStartTicks(key.startTicks);
  builder.setKind(kind);
  builder.setGid(gid);
  builder.setFileDevice(file.device);
  builder.setFileInode(file.inode);
  builder.setReason(reason);
  builder.setInstance(instance);
  builder.setFingerprint(fingerprint());
  builder.setBrief(detail == Detail::BRIEF);
  builder.setExamined(examination == nullptr || examination->done);
  if (detail == Detail::FULL) fillTexts(builder);
}

void ProcessFacts::fillTexts(proto::Process::Builder builder) const {
  builder.setPath(path);
  builder.setName(name);
  builder.setCommandLine(commandLine);
  builder.setUnit(unit);
  builder.setCgroup(cgroup);
  builder.setWorkingDirectory(workingDirectory);
  builder.setSession(placement.session);
  builder.setSlice(placement.slice);
  builder.setContainer(placement.container);
  builder.setContainerRuntime(placement.runtime);
  builder.setPod(placement.pod);
  builder.setFlatpak(placement.flatpak);
  builder.setSnap(placement.snap);
  builder.setAppImage(appImage);
  builder.setScript(script);
  builder.setStablePath(stablePath);
  auto words = builder.initClaimed(uint(claimed.size()));
  for (uint i = 0; i < words.size(); i++) words.set(i, claimed[i]);
  if (examination != nullptr && examination->done) {
    builder.setSha256(examination->sha256);
    builder.setPackage(examination->package);
    builder.setExamination(examination->whyNot);
  }
  auto list = builder.initParents(uint(parents.size()));
  for (uint i = 0; i < parents.size(); i++) {
    list[i].setPid(parents[i].pid);
    list[i].setPath(parents[i].path);
  }
}

size_t ProcessFacts::words(Detail detail) const {
  size_t sum = PROCESS_WORDS + wordsOf(reason);
  if (detail == Detail::BRIEF) return sum;
  for (auto text : {&path, &name, &commandLine, &unit, &cgroup, &workingDirectory, &appImage,
                    &script, &stablePath, &placement.session, &placement.slice,
                    &placement.container, &placement.pod, &placement.flatpak, &placement.snap})
    sum += wordsOf(*text);
  for (auto word : claimed) sum += 1 + word.size() / 8 + 1;
  if (examination != nullptr)
    sum += wordsOf(examination->sha256) + wordsOf(examination->package) +
           wordsOf(examination->whyNot) + 3;
  for (auto& parent : parents) sum += ANCESTOR_WORDS + wordsOf(parent.path);
  return sum;
}

}  // namespace portreeve::attributor
