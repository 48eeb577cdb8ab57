// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/rule-changes.h"

#include <doctest/doctest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace portreeve::keeper {
namespace {

class Message {
public:
  Message(int type, uint8_t family, uint16_t attribute, const char* text)
      : header(mnl_nlmsg_put_header(buffer)) {
    header->nlmsg_type = uint16_t(NFNL_SUBSYS_NFTABLES << 8 | type);
    auto generic = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
    generic->nfgen_family = family;
    mnl_attr_put_strz(header, attribute, text);
  }

  const nlmsghdr* get() const { return header; }

private:
  alignas(8) char buffer[256] = {};
  nlmsghdr* header;
};

Message ruleGone(const char* table, uint8_t family = NFPROTO_IPV4) {
  return {NFT_MSG_DELRULE, family, NFTA_RULE_TABLE, table};
}

Message madeBy(const char* program) {
  return {NFT_MSG_NEWGEN, NFPROTO_UNSPEC, NFTA_GEN_PROC_NAME, program};
}

TEST_CASE("a change is heard when it has been told to its end, which says who made it") {
  RuleChanges changes;
  changes.take(ruleGone("filter").get());
  changes.take(ruleGone("mangle", NFPROTO_IPV6).get());
  CHECK_FALSE(changes.heard());
  changes.take(madeBy("nft").get());
  CHECK(changes.heard());
  changes.forget();
  CHECK_FALSE(changes.heard());
  CHECK(changes.takeProgram() == "nft");
  CHECK(changes.takeProgram() == "");
}

TEST_CASE("changes of tables that hold no rule of ours are not heard") {
  RuleChanges changes;
  changes.take(ruleGone("firewalld", NFPROTO_INET).get());
  changes.take(ruleGone("other").get());
  changes.take(madeBy("firewalld").get());
  CHECK_FALSE(changes.heard());
  CHECK(changes.takeProgram() == "");
}

TEST_CASE("what we put back, ourselves and by iptables-restore, hides nobody's name") {
  RuleChanges changes;
  changes.take(ruleGone("nat").get());
  changes.take(madeBy("iptables").get());
  for (auto ours : {"portreeve-keepe", "iptables-nft-re", "ip6tables-nft-r"}) {
    changes.take(ruleGone("nat").get());
    changes.take(madeBy(ours).get());
  }
  CHECK(changes.heard());
  CHECK(changes.takeProgram() == "iptables");
}

TEST_CASE("where the kernel has dropped messages, anything may have changed") {
  RuleChanges changes;
  changes.take(ruleGone("filter").get());
  changes.lost();
  CHECK(changes.heard());
  changes.forget();
  changes.take(madeBy("nft").get());
  CHECK_FALSE(changes.heard());
}

}  // namespace
}  // namespace portreeve::keeper
