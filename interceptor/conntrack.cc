// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/conntrack.h"

#include "common/log.h"
#include "interceptor/netlink-attributes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <kj/debug.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::interceptor {

namespace {

constexpr size_t PIECE_BYTES = 8192;
// The kernel fills as much as is asked for, at 2 to 3 microseconds an entry.

}  // namespace

ConntrackListing::Walk ConntrackListing::restart() {
  while (walking) readPiece([](const ConntrackEntry&) {});
  alignas(8) char buffer[64];
  auto message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = netfilterType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET);
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message->nlmsg_seq = ++current;
  putNetfilterHeader(message, AF_UNSPEC, 0);
  socket.send(message, message->nlmsg_len);
  walking = true;
  return current;
}

bool ConntrackListing::next(Walk walk, kj::FunctionParam<void(const ConntrackEntry&)> onEntry) {
  KJ_REQUIRE(walking && walk == current, "this list has ended, or another was begun");
  readPiece(onEntry);
  return walking;
}

void ConntrackListing::readPiece(kj::FunctionParam<void(const ConntrackEntry&)> onEntry) {
  alignas(8) kj::byte buffer[PIECE_BYTES];
  ssize_t got = socket.receive(buffer);
  if (got < 0) {
    walking = false;
    KJ_FAIL_SYSCALL("listing conntrack entries", int(-got));
  }
  int left = int(got);
  auto message = reinterpret_cast<const nlmsghdr*>(buffer);
  for (; messageFits(message, left); message = mnl_nlmsg_next(message, &left)) {
    if (message->nlmsg_type == NLMSG_DONE) walking = false;
    KJ_IF_MAYBE (error, errorOf(message)) {
      walking = false;
      KJ_FAIL_SYSCALL("listing conntrack entries", *error);
    }
    KJ_IF_MAYBE (entry, decodeEntry(message)) onEntry(*entry);
  }
}

uint ConntrackTable::setMarks(kj::ArrayPtr<const MarkChange> changes) {
  uint missing = 0;
  for (auto& change : changes) {
    if (requests.full()) missing += send();
    // "New" without NLM_F_CREATE changes what exists and makes nothing.
    auto message = requests.add(netfilterType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW), 0);
    putNetfilterHeader(message, addressFamily(change.tuple), 0);
    putOriginalTuple(message, change.tuple);
    mnl_attr_put_u32(message, CTA_MARK, htonl(change.mark));
  }
  return missing + send();
}

uint ConntrackTable::remove(kj::ArrayPtr<const Tuple> tuples) {
  uint missing = 0;
  for (auto& tuple : tuples) {
    if (requests.full()) missing += send();
    // Without a tuple this message would empty the whole table.
    auto message = requests.add(netfilterType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE), 0);
    putNetfilterHeader(message, addressFamily(tuple), 0);
    putOriginalTuple(message, tuple);
  }
  return missing + send();
}

kj::Maybe<Tuple> ConntrackTable::originalOf(const Tuple& seen) {
  alignas(8) char request[512];
  auto message = mnl_nlmsg_put_header(request);
  message->nlmsg_type = netfilterType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET);
  message->nlmsg_flags = NLM_F_REQUEST;
  message->nlmsg_seq = ++sequence;
  putNetfilterHeader(message, addressFamily(seen), 0);
  putReplyTuple(message, seen.reversed());
  questions.send(message, message->nlmsg_len);
  alignas(8) kj::byte buffer[PIECE_BYTES];
  ssize_t got = questions.receive(buffer);
  if (got < 0) KJ_FAIL_SYSCALL("asking for a conntrack entry", int(-got));
  int left = int(got);
  auto answer = reinterpret_cast<const nlmsghdr*>(buffer);
  if (!messageFits(answer, left)) return nullptr;
  KJ_IF_MAYBE (error, errorOf(answer)) {
    if (*error != ENOENT) KJ_FAIL_SYSCALL("asking for a conntrack entry", *error);
    return nullptr;
  }
  KJ_IF_MAYBE (entry, decodeEntry(answer)) return entry->tuple;
  return nullptr;
}

uint ConntrackTable::send() {
  uint missing = 0;
  requests.send(socket, [&](uint, int error) {
    if (error == 0) return;
    missing++;
    if (error != ENOENT) log::warning(kj::str("changing a conntrack entry: ", strerror(error)));
  });
  return missing;
}

}  // namespace portreeve::interceptor
