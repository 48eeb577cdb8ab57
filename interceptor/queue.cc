// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/queue.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/marks.h"
#include "interceptor/netlink-attributes.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <kj/debug.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::interceptor {
namespace {

constexpr size_t MESSAGE_BYTES = 1024;  // PACKET_START_BYTES and the attributes about it
constexpr int RECEIVE_BUFFER = 8 << 20;
// QUEUE_MAX_LENGTH packets must fit in: a little over 1 KiB of kernel memory each.
constexpr size_t ANSWER_BYTES = 40;  // header 16, nfgenmsg 4, verdict 12, mark 8
constexpr uint16_t CONFIG = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG;

bool isHeldByAnother(int error) {
  // That we lack the capability would have shown before, at SO_RCVBUFFORCE.
  return error == EPERM || error == EBUSY;
}

uint32_t numberIn(const nlattr* attribute) {
  return mnl_attr_get_payload_len(attribute) < sizeof(uint32_t)
             ? 0
             : ntohl(mnl_attr_get_u32(attribute));
}

bool isOf(uint16_t number, uint16_t firstInstance) {
  return number - number % 10 == firstInstance;
}

uint64_t stampIn(const nlattr* attribute) {
  nfqnl_msg_packet_timestamp stamp;
  if (mnl_attr_get_payload_len(attribute) < sizeof stamp) return 0;
  memcpy(&stamp, mnl_attr_get_payload(attribute), sizeof stamp);
  return be64toh(stamp.sec) * 1'000'000'000 + be64toh(stamp.usec) * 1'000;
}

}  // namespace

struct Queue::Batch {
  // Where recvmmsg puts what it reads.
  mmsghdr headers[READ_AT_ONCE];
  iovec parts[READ_AT_ONCE];
  alignas(8) kj::byte messages[READ_AT_ONCE][MESSAGE_BYTES];

  Batch() {
    memset(headers, 0, sizeof headers);
    for (uint i = 0; i < READ_AT_ONCE; i++) {
      parts[i] = {messages[i], MESSAGE_BYTES};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
};

kj::Vector<uint16_t> queueNumbers(uint32_t instances) {
  kj::Vector<uint16_t> numbers;
  for (uint16_t first : QUEUES)
    for (uint32_t i = 0; i < instances; i++) numbers.add(uint16_t(first + i));
  return numbers;
}

Queue::Queue(uint16_t number, uint32_t maxLength)
    : number(number),
      outgoing(isOf(number, QUEUE_OUT_V4) || isOf(number, QUEUE_OUT_V6)),
      family(isOf(number, QUEUE_OUT_V4) || isOf(number, QUEUE_IN_V4) ? proto::Family::IPV4
                                                                     : proto::Family::IPV6),
      socket(NETLINK_NETFILTER),
      batch(kj::heap<Batch>()),
      maxLength(maxLength) {
  socket.setReceiveBuffer(RECEIVE_BUFFER);
  socket.ignoreOverruns();
  bind();
}

Queue::~Queue() noexcept(false) = default;

bool Queue::renew() {
  answerBytes = 0;
  NetlinkRequests requests;
  auto message = requests.add(CONFIG, 0);
  putNetfilterHeader(message, AF_UNSPEC, number);
  nfqnl_msg_config_cmd command{};
  command.command = NFQNL_CFG_CMD_UNBIND;
  mnl_attr_put(message, NFQA_CFG_CMD, sizeof command, &command);
  requests.send(socket, [this](uint, int error) {
    if (error != 0) countError(error);
  });
  isBound = false;
  if (!bind()) return false;
  start();
  return true;
}

bool Queue::bind() {
  NetlinkRequests requests;
  auto add = [&]() {
    auto message = requests.add(CONFIG, 0);
    putNetfilterHeader(message, AF_UNSPEC, number);
    return message;
  };
  nfqnl_msg_config_cmd command{};
  command.command = NFQNL_CFG_CMD_BIND;
  mnl_attr_put(add(), NFQA_CFG_CMD, sizeof command, &command);
  mnl_attr_put_u32(add(), NFQA_CFG_QUEUE_MAXLEN, htonl(maxLength));
  // Never NFQA_CFG_F_FAIL_OPEN: it lets packets pass when the queue is full.
  uint32_t flags = htonl(NFQA_CFG_F_UID_GID | NFQA_CFG_F_GSO);
  auto message = add();
  mnl_attr_put_u32(message, NFQA_CFG_FLAGS, flags);
  mnl_attr_put_u32(message, NFQA_CFG_MASK, flags);

  int problem = 0;
  requests.send(socket, [&](uint, int error) {
    if (problem == 0) problem = error;
  });
  if (problem != 0 && !isHeldByAnother(problem))
    KJ_FAIL_REQUIRE(kj::str("binding queue ", number, ": ", strerror(problem)));
  isBound = problem == 0;
  return isBound;
}

void Queue::start() {
  // Until the copy mode is set the kernel drops what is queued. The acknowledgement may stand
  // behind the first packets, so it is left for read().
  alignas(8) char buffer[128];
  auto message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = CONFIG;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  putNetfilterHeader(message, AF_UNSPEC, number);
  nfqnl_msg_config_params mode{};
  mode.copy_range = htonl(PACKET_START_BYTES);
  mode.copy_mode = NFQNL_COPY_PACKET;
  mnl_attr_put(message, NFQA_CFG_PARAMS, sizeof mode, &mode);
  socket.send(message, message->nlmsg_len);
}

bool Queue::read(uint64_t nowNs, OnPacket& onPacket) {
  // recvmmsg says in one call both what is there and, by coming back with less than it had room
  // for, that there is no more.
  int count;
  do count = recvmmsg(socket.fd(), batch->headers, READ_AT_ONCE, MSG_DONTWAIT, nullptr);
  while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN) {
    countError(errno);
    return false;
  }
  for (int i = 0; i < count; i++) {
    int left = int(batch->headers[i].msg_len);
    auto message = reinterpret_cast<const nlmsghdr*>(batch->messages[i]);
    for (; messageFits(message, left); message = mnl_nlmsg_next(message, &left))
      take(message, nowNs, onPacket);
  }
  bool mayHaveMore = count == int(READ_AT_ONCE);
  if (!mayHaveMore) emptyNs = nowNs;
  return mayHaveMore;
}

void Queue::take(const nlmsghdr* message, uint64_t nowNs, OnPacket& onPacket) {
  KJ_IF_MAYBE (error, errorOf(message)) {
    if (*error != 0) countError(*error);
    return;
  }
  kj::ArrayPtr<const kj::byte> start;
  KJ_IF_MAYBE (facts, decodePacket(message, start)) {
    facts->queue = number;
    facts->hook = outgoing ? proto::Hook::OUTPUT : proto::Hook::INPUT;
    facts->family = family;
    facts->arrived = nowNs;
    facts->notBefore = emptyNs;
    onPacket(*facts, start);
  }
}

void Queue::answer(uint32_t kernelId, KernelVerdict verdict) {
  if (answerBytes + ANSWER_BYTES > sizeof answers) flush();
  // Not acknowledged: only what the kernel refuses comes back, as an error message.
  auto message = mnl_nlmsg_put_header(answers + answerBytes);
  message->nlmsg_type = netfilterType(NFNL_SUBSYS_QUEUE, NFQNL_MSG_VERDICT);
  message->nlmsg_flags = NLM_F_REQUEST;
  putNetfilterHeader(message, AF_UNSPEC, number);
  nfqnl_msg_verdict_hdr header{htonl(verdict.verdict), htonl(kernelId)};
  mnl_attr_put(message, NFQA_VERDICT_HDR, sizeof header, &header);
  if (verdict.mark != 0) mnl_attr_put_u32(message, NFQA_MARK, htonl(verdict.mark));
  answerBytes += message->nlmsg_len;
}

void Queue::flush() {
  if (answerBytes == 0) return;
  ssize_t sent;
  do sent = send(socket.fd(), answers, answerBytes, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  answerBytes = 0;
  if (sent < 0) countError(errno);
}

void Queue::countError(int error) {
  errors++;
  // An interface that goes down takes its packets with it, and a verdict may come just after.
  if (error == ENOENT || monotonicNs() - lastComplaintNs < 1'000'000'000) return;
  lastComplaintNs = monotonicNs();
  log::error(kj::str("queue ", number, ": the kernel refused: ", strerror(error)));
}

kj::Maybe<PacketFacts> decodePacket(const nlmsghdr* message, kj::ArrayPtr<const kj::byte>& start) {
  if (message->nlmsg_type != netfilterType(NFNL_SUBSYS_QUEUE, NFQNL_MSG_PACKET)) return nullptr;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(nfgenmsg)) return nullptr;
  PacketFacts facts{};
  facts.uid = ~0u;
  bool complete = false;
  for (const nlattr* attribute : Attributes(message, sizeof(nfgenmsg))) {
    switch (mnl_attr_get_type(attribute)) {
      case NFQA_PACKET_HDR:
        if (mnl_attr_get_payload_len(attribute) < sizeof(nfqnl_msg_packet_hdr)) return nullptr;
        // Its first member is the number; the struct is packed.
        facts.kernelId = numberIn(attribute);
        complete = true;
        break;
      case NFQA_MARK:
        facts.mark = numberIn(attribute);
        break;
      case NFQA_IFINDEX_INDEV:
        facts.inInterface = numberIn(attribute);
        break;
      case NFQA_IFINDEX_OUTDEV:
        facts.outInterface = numberIn(attribute);
        break;
      case NFQA_UID:
        facts.uid = numberIn(attribute);
        break;
      case NFQA_TIMESTAMP:
        facts.stamped = stampIn(attribute);
        break;
      case NFQA_CAP_LEN:  // only where the packet is longer than what was copied
        facts.length = numberIn(attribute);
        break;
      case NFQA_PAYLOAD:
        start = kj::arrayPtr(static_cast<const kj::byte*>(mnl_attr_get_payload(attribute)),
                             mnl_attr_get_payload_len(attribute));
        break;
      default:
        break;
    }
  }
  if (!complete) return nullptr;
  if (facts.length == 0) facts.length = uint32_t(start.size());
  return facts;
}

}  // namespace portreeve::interceptor
