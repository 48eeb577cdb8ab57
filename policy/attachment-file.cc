// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/attachment-file.h"

#include "policy/failure.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <string_view>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr HEADING =
    "# What this machine was attached to when the resolver told it last. Changing something here\n"
    "# has no use.\n"_kj;

kj::String listOf(kj::StringPtr key, kj::ArrayPtr<const kj::String> texts) {
  auto values = KJ_MAP(text, texts) {
    return quoted(text);
  };
  return kj::str(key, " = [", kj::strArray(values, ", "), "]\n");
}

kj::String textOf(const toml::table& table, const char* key) {
  auto text = table[key].value_or(std::string_view());
  return kj::heapString(text.data(), text.size());
}

kj::Vector<kj::String> textsOf(const toml::table& root, const char* key) {
  kj::Vector<kj::String> texts;
  if (const toml::array* list = root[key].as_array())
    for (auto& node : *list) {
      auto text = node.value_or(std::string_view());
      texts.add(kj::heapString(text.data(), text.size()));
    }
  return texts;
}

template <typename OnTable>
void eachTable(const toml::table& root, const char* key, OnTable&& onTable) {
  if (const toml::array* list = root[key].as_array())
    for (auto& node : *list)
      if (const toml::table* table = node.as_table()) onTable(*table);
}

}  // namespace

kj::String attachmentText(const Attachment& attachment) {
  auto gateways = KJ_MAP(gateway, attachment.gateways) {
    return kj::str("\n[[gateway]]\ninterface = ", quoted(gateway.interface),
                   "\naddress = ", quoted(gateway.address), "\nmac = ", quoted(gateway.mac), '\n');
  };
  auto wireless = KJ_MAP(one, attachment.wireless) {
    return kj::str("\n[[wireless]]\ninterface = ", quoted(one.interface),
                   "\nssid = ", quoted(one.ssid), '\n');
  };
  return kj::str(HEADING, listOf("interfaces", attachment.interfaces),
                 listOf("vpns", attachment.vpns), kj::strArray(gateways, ""),
                 kj::strArray(wireless, ""));
}

Attachment parseAttachment(kj::StringPtr path, kj::StringPtr text) {
  try {
    auto root = toml::parse(std::string_view(text.begin(), text.size()));
    Attachment attachment;
    attachment.interfaces = textsOf(root, "interfaces");
    attachment.vpns = textsOf(root, "vpns");
    eachTable(root, "gateway", [&](const toml::table& table) {
      attachment.gateways.add(Attachment::Gateway{textOf(table, "interface"),
                                                  textOf(table, "address"), textOf(table, "mac")});
    });
    eachTable(root, "wireless", [&](const toml::table& table) {
      attachment.wireless.add(
          Attachment::Wireless{textOf(table, "interface"), textOf(table, "ssid")});
    });
    return attachment;
  } catch (const toml::parse_error&) {
    fail(path, ": is not what policy has written: remove it");
  }
}

}  // namespace portreeve::policy
