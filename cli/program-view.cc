// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/program-view.h"

namespace portreeve::cli {
namespace {

kj::StringPtr text(proto::Method method) {
  switch (method) {
    case proto::Method::NONE:
      return "none"_kj;
    case proto::Method::SOCK_DIAG:
      return "sock_diag"_kj;
    case proto::Method::LISTENER:
      return "listener"_kj;
    case proto::Method::PROC_NET:
      return "/proc/net"_kj;
    case proto::Method::CACHE:
      return "cache"_kj;
    case proto::Method::PACKET_UID:
      return "packet uid"_kj;
  }
  return "unknown"_kj;
}

kj::StringPtr text(proto::ProcessKind kind) {
  switch (kind) {
    case proto::ProcessKind::PROGRAM:
      return "program"_kj;
    case proto::ProcessKind::REPLACED:
      return "replaced"_kj;
    case proto::ProcessKind::FOREIGN_ROOT:
      return "foreign-root"_kj;
    case proto::ProcessKind::KERNEL:
      return "kernel"_kj;
    case proto::ProcessKind::NO_SOCKET:
      return "no-socket"_kj;
    case proto::ProcessKind::UNKNOWN:
      return "unknown"_kj;
  }
  return "unknown"_kj;
}

kj::StringPtr text(proto::Confidence confidence) {
  switch (confidence) {
    case proto::Confidence::NONE:
      return "none"_kj;
    case proto::Confidence::SHARED:
      return "shared"_kj;
    case proto::Confidence::CERTAIN:
      return "certain"_kj;
  }
  return "unknown"_kj;
}

}  // namespace

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
  program.setMethod(text(process.getMethod()));
  program.setKind(text(process.getKind()));
  program.setConfidence(text(process.getConfidence()));
  program.setReason(process.getReason());
}

}  // namespace portreeve::cli
