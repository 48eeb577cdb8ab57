// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/rule-changes.h"

#include "interceptor/keeper/base-chains.h"
#include "interceptor/netlink-attributes.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

namespace portreeve::keeper {
namespace {

kj::String textIn(const nlmsghdr* message, uint16_t wanted) {
  for (const nlattr* attribute : interceptor::Attributes(message, sizeof(nfgenmsg))) {
    if (mnl_attr_get_type(attribute) != wanted) continue;
    auto bytes = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return kj::heapString(bytes, strnlen(bytes, mnl_attr_get_payload_len(attribute)));
  }
  return kj::String();
}

bool isOurs(kj::StringPtr program) {
  // The kernel keeps 15 characters. Other programs run iptables-restore by its plain name.
  return program.startsWith("iptables-nft-re") || program.startsWith("ip6tables-nft-r") ||
         program.startsWith("portreeve-keepe");
}

bool isAboutOurTables(const nlmsghdr* message) {
  // For tables, chains and rules alike the first attribute is the table's name.
  static_assert(int(NFTA_TABLE_NAME) == int(NFTA_CHAIN_TABLE) &&
                int(NFTA_TABLE_NAME) == int(NFTA_RULE_TABLE));
  switch (message->nlmsg_type & 0xff) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE:
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
      break;
    default:
      return false;
  }
  auto family = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family;
  if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6) return false;
  auto table = textIn(message, NFTA_TABLE_NAME);
  for (auto& chain : baseChains())
    if (chain.table == table) return true;
  return false;
}

}  // namespace

void RuleChanges::take(const nlmsghdr* message) {
  if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) return;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(nfgenmsg)) return;
  if ((message->nlmsg_type & 0xff) != NFT_MSG_NEWGEN) {
    begun = begun || isAboutOurTables(message);
    return;
  }
  if (!begun) return;
  begun = false;
  complete = true;
  auto name = textIn(message, NFTA_GEN_PROC_NAME);
  if (!isOurs(name)) program = kj::mv(name);
}

void RuleChanges::lost() {
  begun = false;
  complete = true;
}

}  // namespace portreeve::keeper
