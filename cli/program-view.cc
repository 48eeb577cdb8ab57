// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/program-view.h"

#include "cli/printable.h"
#include "common/process-words.h"

namespace portreeve::cli {

void fillProgram(proto::view::Program::Builder program, proto::Process::Reader process,
                 const UserNames& users) {
  program.setPid(process.getPid());
  program.setPath(process.getPath());
  program.setName(process.getName());
  program.setCmdline(process.getCommandLine());
  program.setUser(users.nameOf(process.getUid()));
  program.setUid(process.getUid());
  program.setUnit(process.getUnit());
  program.setGid(process.getGid());
  program.setCgroup(process.getCgroup());
  program.setCwd(process.getWorkingDirectory());
  program.setSession(process.getSession());
  program.setSlice(process.getSlice());
  program.setContainer(process.getContainer());
  program.setContainerRuntime(process.getContainerRuntime());
  program.setPod(process.getPod());
  program.setFlatpak(process.getFlatpak());
  program.setSnap(process.getSnap());
  program.setAppimage(process.getAppImage());
  program.setScript(process.getScript());
  program.setStablePath(process.getStablePath());
  program.setSha256(process.getSha256());
  program.setPackage(process.getPackage());
  program.setExamination(process.getExamination());
  program.setClaimed(process.getClaimed());
  program.setDevice(deviceText(process.getFileDevice()));
  program.setInode(double(process.getFileInode()));
  auto from = process.getParents();
  auto parents = program.initParents(from.size());
  for (uint i = 0; i < from.size(); i++) {
    parents[i].setPid(from[i].getPid());
    parents[i].setPath(from[i].getPath());
  }
  program.setMethod(portreeve::toText(process.getMethod()));
  program.setKind(portreeve::toText(process.getKind()));
  program.setConfidence(portreeve::toText(process.getConfidence()));
  program.setReason(process.getReason());
}

kj::String placeOf(proto::view::Program::Reader program) {
  if (program.getContainer().size() > 0) {
    constexpr size_t ID = 64, SHORT_ID = 12;  // as docker ps and podman ps show it
    kj::StringPtr id = program.getContainer(), runtime = program.getContainerRuntime();
    return kj::str(runtime.size() > 0 ? runtime : "container"_kj, ' ',
                   id.slice(0, id.size() == ID ? SHORT_ID : id.size()));
  }
  if (program.getFlatpak().size() > 0) return kj::str("flatpak ", program.getFlatpak());
  if (program.getSnap().size() > 0) return kj::str("snap ", program.getSnap());
  if (program.getAppimage().size() > 0) return kj::str("appimage ", program.getAppimage());
  return kj::str(program.getUnit());
}

kj::Vector<ProgramLine> linesOf(proto::view::Program::Reader program) {
  kj::Vector<ProgramLine> lines;
  auto line = [&](kj::StringPtr key, kj::StringPtr title, kj::StringPtr text) {
    if (text.size() == 0) return;
    bool claimed = false;
    for (auto word : program.getClaimed()) claimed = claimed || word == key;
    lines.add(ProgramLine{title, kj::str(text, claimed ? "  (by its own word)" : "")});
  };
  line("path", "program", program.getPath());
  line("stable_path", "versions aside", program.getStablePath());
  line("cmdline", "command line", program.getCmdline());
  line("script", "script", program.getScript());
  line("cwd", "working in", program.getCwd());
  line("user", "user", program.getUser());
  line("unit", "unit", program.getUnit());
  line("slice", "slice", program.getSlice());
  line("session", "session", program.getSession());
  line("container", "container",
       program.getContainer().size() == 0
           ? kj::String()
           : kj::str(program.getContainerRuntime(),
                     program.getContainerRuntime().size() > 0 ? " " : "", program.getContainer()));
  line("pod", "pod", program.getPod());
  line("flatpak", "Flatpak", program.getFlatpak());
  line("snap", "Snap", program.getSnap());
  line("appimage", "AppImage", program.getAppimage());
  line("package", "package", program.getPackage());
  line("sha256", "SHA-256", program.getSha256());
  line("examination", "no SHA-256", program.getExamination());
  for (auto parent : program.getParents())
    line("parents", "started by", kj::str(parent.getPath(), " (", parent.getPid(), ')'));
  line("method", "found by",
       kj::str(program.getMethod(), program.getConfidence().size() > 0 ? ", " : "",
               program.getConfidence()));
  line("reason", "because", program.getReason());
  return lines;
}

kj::String toText(const ProgramLine& line) {
  constexpr size_t WIDTH = 16;
  return kj::str("  ", line.title, kj::repeat(' ', WIDTH - kj::min(WIDTH, line.title.size())),
                 printable(line.text));
}

}  // namespace portreeve::cli
