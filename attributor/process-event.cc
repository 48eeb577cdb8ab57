// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/process-event.h"

#include "attributor/netlink-messages.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <stddef.h>
#include <string.h>

namespace portreeve::attributor {
namespace {

// The names of linux/cn_proc.h differ between kernels, the numbers do not.
constexpr uint32_t EXECUTED = 0x00000002;
constexpr uint32_t ENDED = 0x80000000;

struct Told {
  // What both kinds begin with: field by field as in struct proc_event.
  uint32_t what;
  int32_t thread, process;
};

kj::Maybe<Told> toldIn(kj::ArrayPtr<const kj::byte> event) {
  constexpr size_t PROCESS = offsetof(proc_event, event_data);
  Told told;
  if (event.size() < PROCESS + 2 * sizeof(int32_t)) return nullptr;
  memcpy(&told.what, event.begin() + offsetof(proc_event, what), sizeof told.what);
  memcpy(&told.thread, event.begin() + PROCESS, sizeof told.thread);
  memcpy(&told.process, event.begin() + PROCESS + sizeof told.thread, sizeof told.process);
  return told;
}

kj::ArrayPtr<const kj::byte> eventIn(kj::ArrayPtr<const kj::byte> content) {
  cn_msg message;
  if (content.size() < sizeof message) return nullptr;
  memcpy(&message, content.begin(), sizeof message);
  auto rest = content.slice(sizeof message, content.size());
  bool fits = message.len <= rest.size();
  if (!fits || message.id.idx != CN_IDX_PROC || message.id.val != CN_VAL_PROC) return nullptr;
  return rest.slice(0, message.len);
}

}  // namespace

void readProcessEvents(kj::ArrayPtr<const kj::byte> datagram,
                       kj::FunctionParam<void(const ProcessEvent&)> each) {
  forEachMessage(datagram, [&](const nlmsghdr& message) {
    auto whole =
        kj::arrayPtr(reinterpret_cast<const kj::byte*>(&message), size_t(message.nlmsg_len));
    KJ_IF_MAYBE (told, toldIn(eventIn(whole.slice(NLMSG_HDRLEN, whole.size())))) {
      if (told->process <= 0) return;
      if (told->what == EXECUTED) each({ProcessEvent::Kind::EXECUTED, told->process});
      if (told->what == ENDED && told->thread == told->process)
        each({ProcessEvent::Kind::ENDED, told->process});
    }
  });
}

}  // namespace portreeve::attributor
