// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/details.h"

#include "history/texts.h"

#include <kj/vector.h>
#include <stdlib.h>

namespace portreeve::history {
namespace {

using Reader = proto::view::Program::Reader;
using Builder = proto::view::Program::Builder;

constexpr uint32_t NOBODY = 0xffffffff;

struct Detail {
  kj::StringPtr key;
  kj::StringPtr (*get)(Reader);
  void (*set)(Builder, kj::StringPtr);
};
constexpr Detail DETAILS[] = {
    {"cgroup"_kj, [](Reader from) -> kj::StringPtr { return from.getCgroup(); },
     [](Builder to, kj::StringPtr value) { to.setCgroup(value); }},
    {"cwd"_kj, [](Reader from) -> kj::StringPtr { return from.getCwd(); },
     [](Builder to, kj::StringPtr value) { to.setCwd(value); }},
    {"session"_kj, [](Reader from) -> kj::StringPtr { return from.getSession(); },
     [](Builder to, kj::StringPtr value) { to.setSession(value); }},
    {"slice"_kj, [](Reader from) -> kj::StringPtr { return from.getSlice(); },
     [](Builder to, kj::StringPtr value) { to.setSlice(value); }},
    {"container"_kj, [](Reader from) -> kj::StringPtr { return from.getContainer(); },
     [](Builder to, kj::StringPtr value) { to.setContainer(value); }},
    {"container_runtime"_kj,
     [](Reader from) -> kj::StringPtr { return from.getContainerRuntime(); },
     [](Builder to, kj::StringPtr value) { to.setContainerRuntime(value); }},
    {"pod"_kj, [](Reader from) -> kj::StringPtr { return from.getPod(); },
     [](Builder to, kj::StringPtr value) { to.setPod(value); }},
    {"flatpak"_kj, [](Reader from) -> kj::StringPtr { return from.getFlatpak(); },
     [](Builder to, kj::StringPtr value) { to.setFlatpak(value); }},
    {"snap"_kj, [](Reader from) -> kj::StringPtr { return from.getSnap(); },
     [](Builder to, kj::StringPtr value) { to.setSnap(value); }},
    {"appimage"_kj, [](Reader from) -> kj::StringPtr { return from.getAppimage(); },
     [](Builder to, kj::StringPtr value) { to.setAppimage(value); }},
    {"script"_kj, [](Reader from) -> kj::StringPtr { return from.getScript(); },
     [](Builder to, kj::StringPtr value) { to.setScript(value); }},
    {"stable_path"_kj, [](Reader from) -> kj::StringPtr { return from.getStablePath(); },
     [](Builder to, kj::StringPtr value) { to.setStablePath(value); }},
    {"sha256"_kj, [](Reader from) -> kj::StringPtr { return from.getSha256(); },
     [](Builder to, kj::StringPtr value) { to.setSha256(value); }},
    {"package"_kj, [](Reader from) -> kj::StringPtr { return from.getPackage(); },
     [](Builder to, kj::StringPtr value) { to.setPackage(value); }},
    {"examination"_kj, [](Reader from) -> kj::StringPtr { return from.getExamination(); },
     [](Builder to, kj::StringPtr value) { to.setExamination(value); }},
    {"device"_kj, [](Reader from) -> kj::StringPtr { return from.getDevice(); },
     [](Builder to, kj::StringPtr value) { to.setDevice(value); }},
};

void fillOne(Builder to, kj::StringPtr key, kj::StringPtr value, kj::Vector<kj::String>& claimed) {
  if (key == "gid") to.setGid(uint32_t(strtoul(value.cStr(), nullptr, 10)));
  if (key == "inode") to.setInode(strtod(value.cStr(), nullptr));
  if (key == "claimed") claimed.add(kj::str(value));
  for (auto& known : DETAILS)
    if (known.key == key) known.set(to, value);
}

}  // namespace

kj::String detailsOf(Reader program) {
  kj::Vector<kj::String> lines;
  if (program.getGid() != NOBODY) lines.add(kj::str("gid ", program.getGid()));
  for (auto& known : DETAILS) {
    auto value = known.get(program);
    if (value.size() > 0) lines.add(kj::str(known.key, ' ', value));
  }
  if (program.getInode() > 0) lines.add(kj::str("inode ", uint64_t(program.getInode())));
  for (auto word : program.getClaimed()) lines.add(kj::str("claimed ", word));
  return kj::strArray(lines, "\n");
}

void fillDetails(Builder to, kj::StringPtr details) {
  kj::Vector<kj::String> claimed;
  to.setGid(NOBODY);
  eachLine(details, [&](kj::ArrayPtr<const char> key, kj::ArrayPtr<const char> value) {
    fillOne(to, kj::heapString(key), kj::heapString(value), claimed);
  });
  auto list = to.initClaimed(uint(claimed.size()));
  for (uint i = 0; i < list.size(); i++) list.set(i, claimed[i]);
}

}  // namespace portreeve::history
