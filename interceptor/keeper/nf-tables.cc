// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/nf-tables.h"

#include "interceptor/keeper/failure.h"
#include "interceptor/netlink-attributes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <kj/debug.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

namespace portreeve::keeper {
namespace {

using interceptor::Attributes;
using interceptor::errorOf;
using interceptor::netfilterType;
using interceptor::putNetfilterHeader;

constexpr size_t BATCH_BYTES = 32768;
constexpr size_t LARGEST_CHANGE = 1024;
constexpr uint8_t COMMENT = 0;  // libnftnl's NFTNL_UDATA_TABLE_COMMENT and …_CHAIN_COMMENT

kj::String textOf(const nlattr* attribute) {
  auto bytes = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return kj::heapString(bytes, strnlen(bytes, mnl_attr_get_payload_len(attribute)));
}

uint32_t numberOf(const nlattr* attribute) {
  return mnl_attr_get_payload_len(attribute) < sizeof(uint32_t)
             ? 0
             : ntohl(mnl_attr_get_u32(attribute));
}

kj::String commentOf(const nlattr* attribute) {
  // Type, length, value; one byte each for the first two.
  auto bytes = static_cast<const kj::byte*>(mnl_attr_get_payload(attribute));
  size_t left = mnl_attr_get_payload_len(attribute);
  while (left >= 2 && size_t(bytes[1]) + 2 <= left) {
    auto text = reinterpret_cast<const char*>(bytes + 2);
    if (bytes[0] == COMMENT) return kj::heapString(text, strnlen(text, bytes[1]));
    left -= 2 + bytes[1];
    bytes += 2 + bytes[1];
  }
  return kj::String();
}

uint8_t familyOf(const nlmsghdr* message) {
  return static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family;
}

NfTable decodeTable(const nlmsghdr* message) {
  NfTable table{familyOf(message), kj::String(), kj::String(), false};
  for (const nlattr* attribute : Attributes(message, sizeof(nfgenmsg))) {
    switch (mnl_attr_get_type(attribute)) {
      case NFTA_TABLE_NAME:
        table.name = textOf(attribute);
        break;
      case NFTA_TABLE_USERDATA:
        table.comment = commentOf(attribute);
        break;
      case NFTA_TABLE_FLAGS:
        table.owned = numberOf(attribute) & NFT_TABLE_F_OWNER;
        break;
      default:
        break;
    }
  }
  return table;
}

NfChain decodeChain(const nlmsghdr* message) {
  NfChain chain{familyOf(message), kj::String(), kj::String(), true, kj::String()};
  for (const nlattr* attribute : Attributes(message, sizeof(nfgenmsg))) {
    switch (mnl_attr_get_type(attribute)) {
      case NFTA_CHAIN_TABLE:
        chain.table = textOf(attribute);
        break;
      case NFTA_CHAIN_NAME:
        chain.name = textOf(attribute);
        break;
      case NFTA_CHAIN_POLICY:
        chain.accepts = numberOf(attribute) == NF_ACCEPT;
        break;
      case NFTA_CHAIN_USERDATA:
        chain.comment = commentOf(attribute);
        break;
      default:
        break;
    }
  }
  return chain;
}

}  // namespace

NfBatch::NfBatch() : memory(kj::heapArray<uint64_t>(BATCH_BYTES / sizeof(uint64_t))) {
  put(NFNL_MSG_BATCH_BEGIN, NFPROTO_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
}

nlmsghdr* NfBatch::add(uint16_t type, uint8_t family, uint16_t flags) {
  return put(netfilterType(NFNL_SUBSYS_NFTABLES, uint8_t(type)), family, flags, 0);
}

nlmsghdr* NfBatch::put(uint16_t type, uint8_t family, uint16_t flags, uint16_t resource) {
  close();
  KJ_REQUIRE(used + LARGEST_CHANGE <= BATCH_BYTES, "too many nf_tables changes at a time");
  last = mnl_nlmsg_put_header(at());
  last->nlmsg_type = type;
  last->nlmsg_flags = uint16_t(NLM_F_REQUEST | flags);
  putNetfilterHeader(last, family, resource);
  return last;
}

void NfBatch::close() {
  if (last == nullptr) return;
  KJ_ASSERT(last->nlmsg_len <= LARGEST_CHANGE, "an nf_tables change is too long");
  used += MNL_ALIGN(last->nlmsg_len);
  last = nullptr;
}

kj::ArrayPtr<const char> NfBatch::finish() {
  put(NFNL_MSG_BATCH_END, NFPROTO_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
  close();
  return kj::arrayPtr(reinterpret_cast<const char*>(memory.begin()), used);
}

NfTables::NfTables() : socket(NETLINK_NETFILTER) {}

int NfTables::commit(NfBatch& batch) {
  auto bytes = batch.finish();
  socket.send(bytes.begin(), bytes.size());
  // The kernel was done with it when send() returned, and answers only to what it refused.
  int problem = 0;
  alignas(8) kj::byte buffer[interceptor::NETLINK_READ_BYTES];
  for (;;) {
    ssize_t got = socket.receive(buffer);
    if (got == -EAGAIN) return problem;
    if (got < 0) fail(kj::str("changing nf_tables: ", strerror(int(-got))));
    int left = int(got);
    auto message = reinterpret_cast<const nlmsghdr*>(buffer);
    for (; interceptor::messageFits(message, left); message = mnl_nlmsg_next(message, &left))
      KJ_IF_MAYBE (error, errorOf(message)) {
        if (problem == 0) problem = *error;
      }
  }
}

template <typename OnMessage>
void NfTables::dump(uint16_t type, OnMessage onMessage) {
  alignas(8) char request[64];
  auto header = mnl_nlmsg_put_header(request);
  header->nlmsg_type = netfilterType(NFNL_SUBSYS_NFTABLES, uint8_t(type));
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  putNetfilterHeader(header, NFPROTO_UNSPEC, 0);
  socket.send(header, header->nlmsg_len);
  alignas(8) kj::byte buffer[interceptor::NETLINK_READ_BYTES];
  for (;;) {
    ssize_t got = socket.receive(buffer);
    if (got < 0) fail(kj::str("reading nf_tables: ", strerror(int(-got))));
    int left = int(got);
    auto message = reinterpret_cast<const nlmsghdr*>(buffer);
    for (; interceptor::messageFits(message, left); message = mnl_nlmsg_next(message, &left)) {
      // An error: the kernel has no nf_tables.
      if (message->nlmsg_type == NLMSG_DONE || errorOf(message) != nullptr) return;
      if (message->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES) onMessage(message);
    }
  }
}

kj::Vector<NfTable> NfTables::tables() {
  kj::Vector<NfTable> result;
  dump(NFT_MSG_GETTABLE, [&](const nlmsghdr* message) { result.add(decodeTable(message)); });
  return result;
}

kj::Vector<NfChain> NfTables::chains() {
  kj::Vector<NfChain> result;
  dump(NFT_MSG_GETCHAIN, [&](const nlmsghdr* message) { result.add(decodeChain(message)); });
  return result;
}

void putComment(nlmsghdr* message, uint16_t attribute, kj::StringPtr text) {
  kj::byte data[64];
  size_t length = kj::min(text.size(), sizeof data - 3);
  data[0] = COMMENT;
  data[1] = kj::byte(length + 1);
  memcpy(data + 2, text.begin(), length);
  data[2 + length] = 0;
  mnl_attr_put(message, attribute, length + 3, data);
}

}  // namespace portreeve::keeper
