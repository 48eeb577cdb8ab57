// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/program-view.h"

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

}  // namespace portreeve::cli
