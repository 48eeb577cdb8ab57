// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/program-view.h"

#include "cli/printable.h"

namespace portreeve::cli {

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
  // "none": asked for by its number, or nobody was found.
  if (program.getMethod() != "none")
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
