// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/interfaces.h"

#include "attributor/netlink-messages.h"

#include <errno.h>
#include <kj/debug.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

namespace portreeve::attributor {
namespace {

kj::StringPtr nameIn(const nlmsghdr& message) {
  auto attribute = IFLA_RTA(static_cast<const ifinfomsg*>(NLMSG_DATA(&message)));
  int left = int(message.nlmsg_len) - int(NLMSG_LENGTH(sizeof(ifinfomsg)));
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != IFLA_IFNAME) continue;
    auto text = static_cast<const char*>(RTA_DATA(attribute));
    size_t length = strnlen(text, RTA_PAYLOAD(attribute));
    if (length < RTA_PAYLOAD(attribute)) return kj::StringPtr(text, length);
  }
  return ""_kj;
}

}  // namespace

void readLinks(kj::ArrayPtr<const kj::byte> datagram,
               kj::FunctionParam<void(const LinkMessage&)> onLink) {
  forEachMessage(datagram, [&](const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWLINK && message.nlmsg_type != RTM_DELLINK) return;
    if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) return;
    auto& info = *static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
    LinkMessage link;
    link.index = uint32_t(info.ifi_index);
    link.name = nameIn(message);
    link.loopback = (info.ifi_flags & IFF_LOOPBACK) != 0;
    link.gone = message.nlmsg_type == RTM_DELLINK;
    onLink(link);
  });
}

Interfaces::Interfaces()
    : socket(NETLINK_ROUTE, RTMGRP_LINK), buffer(kj::heapArray<kj::byte>(NETLINK_READ_BYTES)) {
  askForAll();
  drain();
}

void Interfaces::askForAll() {
  struct {
    nlmsghdr header;
    ifinfomsg info;
  } question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = RTM_GETLINK;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.info.ifi_family = AF_UNSPEC;
  socket.send(&question, sizeof question);
}

void Interfaces::drain() {
  for (;;) {
    ssize_t got = socket.receive(buffer);
    if (got == -ENOBUFS) {
      // Changes were missed: all of it anew.
      links.clear();
      askForAll();
      continue;
    }
    if (got <= 0) return;
    readLinks(buffer.slice(0, size_t(got)), [this](const LinkMessage& link) {
      links.erase(link.index);
      if (!link.gone) links.emplace(link.index, Link{kj::str(link.name), link.loopback});
    });
  }
}

kj::Promise<void> Interfaces::watch(kj::UnixEventPort& port) {
  // The promise's own: this object outlives the event loop, an observer must not.
  auto observer = kj::heap<kj::UnixEventPort::FdObserver>(
      port, socket.fd(), kj::UnixEventPort::FdObserver::OBSERVE_READ);
  auto& here = *observer;
  return watchNext(here).attach(kj::mv(observer));
}

kj::Promise<void> Interfaces::watchNext(kj::UnixEventPort::FdObserver& observer) {
  drain();
  return observer.whenBecomesReadable().then([this, &observer]() { return watchNext(observer); });
}

kj::Maybe<Interfaces::Link&> Interfaces::find(uint32_t index) {
  if (index == 0) return nullptr;
  auto found = links.find(index);
  if (found == links.end()) {
    // A packet of a new interface may be here before the word of it was read.
    drain();
    found = links.find(index);
  }
  if (found == links.end()) return nullptr;
  return found->second;
}

kj::StringPtr Interfaces::nameOf(uint32_t index) {
  KJ_IF_MAYBE (link, find(index)) return link->name;
  return ""_kj;
}

bool Interfaces::isLoopback(uint32_t index) {
  KJ_IF_MAYBE (link, find(index)) return link->loopback;
  return false;
}

}  // namespace portreeve::attributor
