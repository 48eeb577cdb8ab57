// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/base-chains.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

namespace portreeve::keeper {
namespace {

constexpr kj::StringPtr MADE_FOR_US = "made for portreeve"_kj;

constexpr BaseChain CHAINS[] = {
    {"mangle"_kj, "OUTPUT"_kj, "route"_kj, NF_INET_LOCAL_OUT, NF_IP_PRI_MANGLE},
    {"mangle"_kj, "INPUT"_kj, "filter"_kj, NF_INET_LOCAL_IN, NF_IP_PRI_MANGLE},
    {"mangle"_kj, "POSTROUTING"_kj, "filter"_kj, NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE},
    {"filter"_kj, "OUTPUT"_kj, "filter"_kj, NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER},
    {"filter"_kj, "INPUT"_kj, "filter"_kj, NF_INET_LOCAL_IN, NF_IP_PRI_FILTER},
    {"nat"_kj, "OUTPUT"_kj, "nat"_kj, NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST},
};

uint8_t protocolOf(IpFamily family) {
  return family == IpFamily::V4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

bool hasTable(const kj::Vector<NfTable>& tables, uint8_t family, kj::StringPtr name) {
  for (auto& table : tables)
    if (table.family == family && table.name == name) return true;
  return false;
}

bool hasChain(const kj::Vector<NfChain>& chains, uint8_t family, const BaseChain& wanted) {
  for (auto& chain : chains)
    if (chain.family == family && chain.table == wanted.table && chain.name == wanted.name)
      return true;
  return false;
}

void addTable(NfBatch& batch, uint8_t family, kj::StringPtr name) {
  auto message = batch.add(NFT_MSG_NEWTABLE, family, NLM_F_CREATE);
  mnl_attr_put_strz(message, NFTA_TABLE_NAME, name.cStr());
  putComment(message, NFTA_TABLE_USERDATA, MADE_FOR_US);
}

void addChain(NfBatch& batch, uint8_t family, const BaseChain& chain) {
  auto message = batch.add(NFT_MSG_NEWCHAIN, family, NLM_F_CREATE);
  mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, chain.table.cStr());
  mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain.name.cStr());
  auto nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
  mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(chain.hook));
  mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl(uint32_t(chain.priority)));
  mnl_attr_nest_end(message, nest);
  mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, chain.type.cStr());
  mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
  putComment(message, NFTA_CHAIN_USERDATA, MADE_FOR_US);
}

// Changes of one table, so that what one lacks does not undo the others.
int makeTable(NfTables& kernel, uint8_t family, kj::StringPtr name,
              const kj::Vector<NfTable>& tables, const kj::Vector<NfChain>& chains) {
  NfBatch batch;
  bool anything = false;
  if (!hasTable(tables, family, name)) {
    addTable(batch, family, name);
    anything = true;
  }
  for (auto& chain : CHAINS) {
    if (chain.table != name || hasChain(chains, family, chain)) continue;
    addChain(batch, family, chain);
    anything = true;
  }
  return anything ? kernel.commit(batch) : 0;
}

// The kernel itself refuses (NLM_F_NONREC) to delete what is not empty: nothing that another
// program has put in meanwhile is lost.
void deleteChain(NfTables& kernel, const NfChain& chain) {
  NfBatch batch;
  auto message = batch.add(NFT_MSG_DELCHAIN, chain.family, NLM_F_NONREC);
  mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, chain.table.cStr());
  mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain.name.cStr());
  kernel.commit(batch);
}

void deleteTable(NfTables& kernel, const NfTable& table) {
  NfBatch batch;
  auto message = batch.add(NFT_MSG_DELTABLE, table.family, NLM_F_NONREC);
  mnl_attr_put_strz(message, NFTA_TABLE_NAME, table.name.cStr());
  kernel.commit(batch);
}

}  // namespace

kj::ArrayPtr<const BaseChain> baseChains() {
  return CHAINS;
}

kj::Vector<kj::StringPtr> makeBaseChains(NfTables& kernel, IpFamily family) {
  auto tables = kernel.tables();
  auto chains = kernel.chains();
  kj::Vector<kj::StringPtr> lacking;
  for (auto name : {"mangle"_kj, "filter"_kj, "nat"_kj}) {
    int problem = makeTable(kernel, protocolOf(family), name, tables, chains);
    if (problem == ENOENT || problem == EOPNOTSUPP) lacking.add(name);
  }
  return lacking;
}

void removeBaseChains(NfTables& kernel, IpFamily family) {
  for (auto& chain : kernel.chains())
    if (chain.family == protocolOf(family) && chain.comment == MADE_FOR_US && chain.accepts)
      deleteChain(kernel, chain);
  for (auto& table : kernel.tables())
    if (table.family == protocolOf(family) && table.comment == MADE_FOR_US)
      deleteTable(kernel, table);
}

}  // namespace portreeve::keeper
