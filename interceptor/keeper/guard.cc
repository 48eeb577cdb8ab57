// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/guard.h"

#include "common/marks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

namespace portreeve::keeper {
namespace {

constexpr kj::StringPtr JUDGE = "undecided"_kj;
constexpr int32_t BEHIND_FILTER = 10;  // filter is 0, the host's own nft chains mostly are as well
constexpr uint32_t LOOPBACK = 1;       // lo has this index in every network namespace

class Rule {
  // One rule, an expression at a time: load, compare, act.
public:
  Rule(NfBatch& batch, kj::StringPtr chain)
      : message(batch.add(NFT_MSG_NEWRULE, NFPROTO_INET, NLM_F_CREATE | NLM_F_APPEND)) {
    mnl_attr_put_strz(message, NFTA_RULE_TABLE, GUARD_TABLE.cStr());
    mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain.cStr());
    list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
  }
  ~Rule() { mnl_attr_nest_end(message, list); }
  KJ_DISALLOW_COPY(Rule);

  Rule& mark(uint32_t value) {
    load("meta", NFTA_META_DREG, NFTA_META_KEY, NFT_META_MARK);
    return compare(NFT_CMP_EQ, value);
  }
  Rule& connectionMark(uint32_t value) {
    // A packet without a conntrack entry ends the rule here: it does not match.
    load("ct", NFTA_CT_DREG, NFTA_CT_KEY, NFT_CT_MARK);
    return compare(NFT_CMP_EQ, value);
  }
  Rule& leavesBy(uint32_t interfaceIndex) {
    load("meta", NFTA_META_DREG, NFTA_META_KEY, NFT_META_OIF);
    return compare(NFT_CMP_EQ, interfaceIndex);
  }
  Rule& anyConnectionMark() {
    load("ct", NFTA_CT_DREG, NFTA_CT_KEY, NFT_CT_MARK);
    return compare(NFT_CMP_NEQ, 0);
  }
  void accept() { verdict(NF_ACCEPT); }
  void drop() { verdict(NF_DROP); }
  void jumpTo(kj::StringPtr chain) { verdict(uint32_t(NFT_JUMP), chain); }

private:
  nlmsghdr* message;
  nlattr* list;

  template <typename Fill>
  void expression(const char* name, Fill fill) {
    auto element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
    auto data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    fill();
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, element);
  }

  void load(const char* what, uint16_t registerType, uint16_t keyType, uint32_t key) {
    expression(what, [&]() {
      mnl_attr_put_u32(message, keyType, htonl(key));
      mnl_attr_put_u32(message, registerType, htonl(NFT_REG_1));
    });
  }

  Rule& compare(uint32_t operation, uint32_t value) {
    expression("cmp", [&]() {
      mnl_attr_put_u32(message, NFTA_CMP_SREG, htonl(NFT_REG_1));
      mnl_attr_put_u32(message, NFTA_CMP_OP, htonl(operation));
      auto data = mnl_attr_nest_start(message, NFTA_CMP_DATA);
      mnl_attr_put_u32(message, NFTA_DATA_VALUE, value);  // marks and indexes: host byte order
      mnl_attr_nest_end(message, data);
    });
    return *this;
  }

  void verdict(uint32_t code, kj::StringPtr chain = nullptr) {
    expression("immediate", [&]() {
      mnl_attr_put_u32(message, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
      auto data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
      auto verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
      mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(code));
      if (chain.size() > 0) mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, chain.cStr());
      mnl_attr_nest_end(message, verdict);
      mnl_attr_nest_end(message, data);
    });
  }
};

void addTable(NfBatch& batch) {
  auto table = batch.add(NFT_MSG_NEWTABLE, NFPROTO_INET, NLM_F_CREATE | NLM_F_EXCL);
  mnl_attr_put_strz(table, NFTA_TABLE_NAME, GUARD_TABLE.cStr());
  mnl_attr_put_u32(table, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
}

nlmsghdr* addChain(NfBatch& batch, kj::StringPtr name) {
  auto chain = batch.add(NFT_MSG_NEWCHAIN, NFPROTO_INET, NLM_F_CREATE);
  mnl_attr_put_strz(chain, NFTA_CHAIN_TABLE, GUARD_TABLE.cStr());
  mnl_attr_put_strz(chain, NFTA_CHAIN_NAME, name.cStr());
  return chain;
}

void addHook(NfBatch& batch, kj::StringPtr name, uint32_t hook) {
  auto chain = addChain(batch, name);
  auto nest = mnl_attr_nest_start(chain, NFTA_CHAIN_HOOK);
  mnl_attr_put_u32(chain, NFTA_HOOK_HOOKNUM, htonl(hook));
  mnl_attr_put_u32(chain, NFTA_HOOK_PRIORITY, htonl(uint32_t(BEHIND_FILTER)));
  mnl_attr_nest_end(chain, nest);
  mnl_attr_put_strz(chain, NFTA_CHAIN_TYPE, "filter");
  mnl_attr_put_u32(chain, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
}

void addJudge(NfBatch& batch) {
  addChain(batch, JUDGE);
  // Decided: filter C17 would accept it. The commonest comes first.
  for (uint32_t mark : {MARK_ACCEPT, MARK_ACCEPT_ONCE, MARK_GATE17, MARK_NAMESERVER})
    Rule(batch, JUDGE).mark(mark).accept();
  // Decided otherwise, and C17 is not there to say so.
  for (uint32_t mark : {MARK_BLOCK_ONCE, MARK_DROP_ONCE, MARK_BLOCK, MARK_DROP})
    Rule(batch, JUDGE).mark(mark).drop();
  for (uint32_t mark : {MARK_BLOCK, MARK_DROP}) Rule(batch, JUDGE).connectionMark(mark).drop();
  // Of a decided connection, whatever mark the packet itself has.
  Rule(batch, JUDGE).anyConnectionMark().accept();
  Rule(batch, JUDGE).connectionMark(0).drop();
  // No conntrack entry at all.
  Rule(batch, JUDGE).mark(0).drop();
}

void addPostrouting(NfBatch& batch) {
  // With nat gone the kernel no longer turns even the connections that it had turned.
  addHook(batch, "postrouting"_kj, NF_INET_POST_ROUTING);
  Rule(batch, "postrouting"_kj).leavesBy(LOOPBACK).accept();
  for (uint32_t mark : {MARK_GATE17, MARK_NAMESERVER}) {
    Rule(batch, "postrouting"_kj).mark(mark).drop();
    Rule(batch, "postrouting"_kj).connectionMark(mark).drop();
  }
}

}  // namespace

bool Guard::take() {
  if (mine) return true;
  NfBatch batch;
  addTable(batch);
  addJudge(batch);
  for (auto hook : {NF_INET_LOCAL_OUT, NF_INET_LOCAL_IN}) {
    auto name = hook == NF_INET_LOCAL_OUT ? "output"_kj : "input"_kj;
    addHook(batch, name, hook);
    Rule(batch, name).jumpTo(JUDGE);
  }
  addPostrouting(batch);
  int problem = kernel.commit(batch);
  mine = problem == 0;
  if (mine)
    reason = kj::String();
  else if (problem == EEXIST || problem == EPERM)
    reason = kj::str("a table inet ", GUARD_TABLE, " is there already, held by another program");
  else
    reason = kj::str("the kernel has no nf_tables that can hold it: ", strerror(problem));
  return mine;
}

void Guard::release() {
  if (!mine) return;
  NfBatch batch;
  auto table = batch.add(NFT_MSG_DELTABLE, NFPROTO_INET, 0);
  mnl_attr_put_strz(table, NFTA_TABLE_NAME, GUARD_TABLE.cStr());
  kernel.commit(batch);
  mine = false;
}

bool Guard::heldByAnother() {
  if (mine) return false;
  for (auto& table : kernel.tables())
    if (table.family == NFPROTO_INET && table.name == GUARD_TABLE && table.owned) return true;
  return false;
}

}  // namespace portreeve::keeper
