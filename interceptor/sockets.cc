// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/sockets.h"

#include "common/log.h"
#include "interceptor/conntrack-message.h"
#include "interceptor/diag-message.h"
#include "interceptor/netlink-attributes.h"

#include <errno.h>
#include <kj/debug.h>
#include <linux/sock_diag.h>
#include <string.h>

namespace portreeve::interceptor {
namespace {

bool connectedAs(const inet_diag_msg& found, const Tuple& tuple) {
  auto actual = tupleOf(found, tuple.protocol);
  return actual.destination == tuple.destination &&
         actual.destinationPort == tuple.destinationPort && actual.sourcePort == tuple.sourcePort;
}

}  // namespace

bool LocalSockets::destroy(const Tuple& tuple) {
  if (tuple.protocol != PROTOCOL_TCP && tuple.protocol != PROTOCOL_UDP) return false;
  KJ_IF_MAYBE (found, find(tuple)) {
    // The kernel's search falls back to a listener or to an unconnected socket on that port.
    if (!connectedAs(*found, tuple)) return false;
    // By its cookie: this very socket, or none.
    auto id = socketId(tuple);
    memcpy(id.idiag_cookie, found->id.idiag_cookie, sizeof id.idiag_cookie);
    id.idiag_if = found->id.idiag_if;
    int error = 0;
    ask(SOCK_DESTROY, NLM_F_ACK, tuple, id, error);
    if (error == 0) return true;
    if (error != ENOENT)
      log::warning(kj::str("ending the socket of ", tuple.toString(), ": ", strerror(error)));
  }
  return false;
}

kj::Maybe<inet_diag_msg> LocalSockets::find(const Tuple& tuple) {
  // For a question (not for SOCK_DESTROY) the kernel takes a UDP tuple as that of an arriving
  // packet: the remote end is the source.
  auto id = socketId(tuple.protocol == PROTOCOL_UDP ? tuple.reversed() : tuple);
  int error = 0;
  return ask(SOCK_DIAG_BY_FAMILY, 0, tuple, id, error);
}

kj::Maybe<inet_diag_msg> LocalSockets::ask(uint16_t type, uint16_t flags, const Tuple& tuple,
                                           const inet_diag_sockid& id, int& error) {
  alignas(8) char buffer[256];
  auto message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = type;
  message->nlmsg_flags = uint16_t(NLM_F_REQUEST | flags);
  message->nlmsg_seq = ++sequence;
  auto question =
      static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(message, sizeof(inet_diag_req_v2)));
  question->sdiag_family = addressFamily(tuple);
  question->sdiag_protocol = tuple.protocol;
  question->idiag_states = ~0u;
  question->id = id;
  socket.send(message, message->nlmsg_len);

  alignas(8) kj::byte answer[4096];
  ssize_t got = socket.receive(answer);
  if (got < 0) KJ_FAIL_SYSCALL("recv from sock_diag", int(-got));
  int left = int(got);
  auto reply = reinterpret_cast<const nlmsghdr*>(answer);
  if (!messageFits(reply, left)) {
    error = EBADMSG;
    return nullptr;
  }
  error = errorOf(reply).orDefault(0);
  KJ_IF_MAYBE (found, diagMessage(reply)) return *found;
  return nullptr;
}

}  // namespace portreeve::interceptor
