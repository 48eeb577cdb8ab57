// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/process-view.h"

#include "common/process-words.h"

namespace portreeve {

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
  program.setMethod(toText(process.getMethod()));
  program.setKind(toText(process.getKind()));
  program.setConfidence(toText(process.getConfidence()));
  program.setReason(process.getReason());
}

}  // namespace portreeve
