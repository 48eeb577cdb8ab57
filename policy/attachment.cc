// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/attachment.h"

#include <fnmatch.h>

#include <algorithm>

namespace portreeve::policy {
namespace {

template <typename List, typename Test>
bool any(const List& list, Test&& test) {
  return std::any_of(list.begin(), list.end(), test);
}

kj::Vector<kj::String> copyOf(capnp::List<capnp::Text>::Reader texts) {
  kj::Vector<kj::String> copied;
  for (auto text : texts) copied.add(kj::str(text));
  return copied;
}

void fill(capnp::List<capnp::Text>::Builder list, kj::ArrayPtr<const kj::String> texts) {
  for (uint i = 0; i < list.size(); i++) list.set(i, texts[i]);
}

bool isUp(kj::ArrayPtr<const kj::String> interfaces, kj::StringPtr pattern) {
  return any(interfaces, [&](const kj::String& name) {
    return fnmatch(pattern.cStr(), name.cStr(), FNM_NOESCAPE) == 0;
  });
}

}  // namespace

Attachment Attachment::from(proto::Attachment::Reader told) {
  Attachment attachment;
  for (auto gateway : told.getGateways())
    attachment.gateways.add(Gateway{kj::str(gateway.getInterface()), kj::str(gateway.getAddress()),
                                    kj::str(gateway.getMac())});
  for (auto network : told.getWireless())
    attachment.wireless.add(Wireless{kj::str(network.getInterface()), kj::str(network.getSsid())});
  attachment.interfaces = copyOf(told.getInterfaces());
  attachment.vpns = copyOf(told.getVpns());
  return attachment;
}

void Attachment::to(proto::Attachment::Builder builder) const {
  auto gatewayList = builder.initGateways(uint(gateways.size()));
  for (uint i = 0; i < gatewayList.size(); i++) {
    gatewayList[i].setInterface(gateways[i].interface);
    gatewayList[i].setAddress(gateways[i].address);
    gatewayList[i].setMac(gateways[i].mac);
  }
  auto wirelessList = builder.initWireless(uint(wireless.size()));
  for (uint i = 0; i < wirelessList.size(); i++) {
    wirelessList[i].setInterface(wireless[i].interface);
    wirelessList[i].setSsid(wireless[i].ssid);
  }
  fill(builder.initInterfaces(uint(interfaces.size())), interfaces);
  fill(builder.initVpns(uint(vpns.size())), vpns);
}

bool Attachment::fits(const NetworkCondition& condition) const {
  KJ_IF_MAYBE (mac, condition.gateway) {
    if (!any(gateways, [&](const Gateway& gateway) { return gateway.mac == *mac; })) return false;
  }
  KJ_IF_MAYBE (ssid, condition.ssid) {
    if (!any(wireless, [&](const Wireless& one) { return one.ssid == *ssid; })) return false;
  }
  KJ_IF_MAYBE (pattern, condition.interface) {
    if (!isUp(interfaces, *pattern)) return false;
  }
  KJ_IF_MAYBE (wanted, condition.vpn) {
    if (*wanted == vpns.empty()) return false;
  }
  return true;
}

bool Attachment::fits(const Profile& profile) const {
  return any(profile.when, [&](const NetworkCondition& condition) { return fits(condition); });
}

kj::String Attachment::toString() const {
  kj::Vector<kj::String> words;
  for (auto& gateway : gateways)
    words.add(kj::str("gateway ", gateway.mac.size() == 0 ? "not spoken to yet"_kj : gateway.mac,
                      " (", gateway.address, " on ", gateway.interface, ')'));
  for (auto& one : wireless) words.add(kj::str("SSID ", one.ssid));
  for (auto& name : vpns) words.add(kj::str("VPN ", name));
  if (words.empty())
    words.add(interfaces.empty() ? kj::str("no network")
                                 : kj::str("no gateway, up: ", kj::strArray(interfaces, ", ")));
  return kj::strArray(words, ", ");
}

}  // namespace portreeve::policy
