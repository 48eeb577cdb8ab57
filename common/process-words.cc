// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/process-words.h"

#include <sys/sysmacros.h>

namespace portreeve {

kj::StringPtr toText(proto::Method method) {
  switch (method) {
    case proto::Method::NONE:
      return "none"_kj;
    case proto::Method::SOCK_DIAG:
      return "sock_diag"_kj;
    case proto::Method::LISTENER:
      return "listener"_kj;
    case proto::Method::PROC_NET:
      return "proc_net"_kj;
    case proto::Method::CACHE:
      return "cache"_kj;
    case proto::Method::PACKET_UID:
      return "packet_uid"_kj;
    case proto::Method::BPF:
      return "bpf"_kj;
  }
  return "unknown"_kj;
}

kj::StringPtr toText(proto::ProcessKind kind) {
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

kj::StringPtr toText(proto::Confidence confidence) {
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

kj::String deviceText(uint64_t device) {
  if (device == 0) return kj::String();
  return kj::str(major(device), ':', minor(device));
}

}  // namespace portreeve
