// SPDX-License-Identifier: GPL-3.0-or-later
// nf_tables by netlink (linux/netfilter/nf_tables.h): for the few things that iptables cannot say.
// Needs CAP_NET_ADMIN. Messages are written by hand with libmnl.
#pragma once

#include "interceptor/netlink.h"

#include <kj/array.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::keeper {

class NfBatch {
  // Changes that the kernel makes all or none of.
public:
  NfBatch();
  KJ_DISALLOW_COPY(NfBatch);

  nlmsghdr* add(uint16_t type, uint8_t family, uint16_t flags);
  // NFT_MSG_…, NFPROTO_…, NLM_F_…; to be completed with mnl_attr_put… until the next call, by less
  // than 1 KiB.
  kj::ArrayPtr<const char> finish();

private:
  kj::Array<uint64_t> memory;  // for its alignment
  size_t used = 0;
  nlmsghdr* last = nullptr;

  char* at() { return reinterpret_cast<char*>(memory.begin()) + used; }
  nlmsghdr* put(uint16_t type, uint8_t family, uint16_t flags, uint16_t resource);
  void close();
};

struct NfChain {
  uint8_t family;  // NFPROTO_…
  kj::String table;
  kj::String name;
  bool accepts;  // its policy; true for chains without a hook
  kj::String comment;
};

struct NfTable {
  uint8_t family;
  kj::String name;
  kj::String comment;
  bool owned;  // a program holds it (flags owner)
};

class NfTables {
public:
  NfTables();
  // Opens a socket of its own: tables that are made with "flags owner" live as long as it does.
  // Throws FAILED.
  KJ_DISALLOW_COPY(NfTables);

  int commit(NfBatch& batch);  // 0, or the errno of the first change that was refused
  kj::Vector<NfTable> tables();
  kj::Vector<NfChain> chains();
  // Of all families. Empty where the kernel has no nf_tables.

private:
  interceptor::NetlinkSocket socket;

  template <typename OnMessage>
  void dump(uint16_t type, OnMessage onMessage);
};

void putComment(nlmsghdr* message, uint16_t attribute, kj::StringPtr text);
// As nft(8) writes and shows it: user data of a table or a chain.

}  // namespace portreeve::keeper
