// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/named.h"

#include "attributor/reader-link.h"

namespace portreeve::attributor {
namespace {

constexpr size_t WORDS_WITHOUT_PROCESS = 88;  // proto::Process with a literal or two

}  // namespace

Named Named::ofKernel(kj::StringPtr name) {
  Named named;
  named.kind = proto::ProcessKind::KERNEL;
  named.confidence = proto::Confidence::CERTAIN;
  named.name = name;
  return named;
}

Named Named::nobodyListens() {
  Named named;
  named.kind = proto::ProcessKind::NO_SOCKET;
  named.confidence = proto::Confidence::CERTAIN;
  named.reason = "no socket waits for it"_kj;
  return named;
}

Named Named::unknown(kj::StringPtr reason, uint32_t packetUid) {
  Named named;
  named.reason = reason;
  named.uid = packetUid;
  if (packetUid != NO_UID) named.method = proto::Method::PACKET_UID;
  return named;
}

Named Named::ofHolder(const Holder& holder, const DiagSocket& socket, proto::Method method,
                      bool only, uint32_t packetUid) {
  Named result;
  result.socketInode = socket.inode;
  result.uid = packetUid != NO_UID ? packetUid : socket.uid;
  result.method = method;
  if (holder.outcome != Holder::Outcome::FOUND) {
    result.reason = holder.reason;
    return result;
  }
  result.kind = holder.facts->kind;
  result.facts = holder.facts;
  if (holder.remembered) result.method = proto::Method::CACHE;
  if (holder.noted) result.method = proto::Method::BPF;
  result.confidence =
      holder.shared || !only ? proto::Confidence::SHARED : proto::Confidence::CERTAIN;
  return result;
}

Named Named::ofProcess(const Holder& holder) {
  Named result;
  if (holder.outcome != Holder::Outcome::FOUND) {
    result.reason = holder.reason;
    return result;
  }
  result.kind = holder.facts->kind;
  result.facts = holder.facts;
  result.uid = holder.facts->uid;
  result.confidence = proto::Confidence::CERTAIN;
  return result;
}

void Named::to(proto::Process::Builder builder, Detail detail) const {
  if (facts != nullptr) {
    facts->to(builder, detail);
  } else {
    builder.setKind(kind);
    builder.setName(name);
    builder.setReason(reason);
    builder.setAskAgain(kind == proto::ProcessKind::UNKNOWN && saysNoAnswer(reason));
    builder.setGid(NO_UID);
    builder.setExamined(true);
  }
  builder.setMethod(method);
  builder.setConfidence(confidence);
  builder.setUid(uid);
  builder.setSocketInode(socketInode);
}

size_t Named::words(Detail detail) const {
  return facts == nullptr ? WORDS_WITHOUT_PROCESS : facts->words(detail);
}

}  // namespace portreeve::attributor
