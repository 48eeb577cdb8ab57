// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/settings-gate.h"

#include <kj/debug.h>
#include <kj/encoding.h>

namespace portreeve {
namespace {

constexpr WayType TYPES[] = {WayType::SOCKS5, WayType::HTTP, WayType::GATE17};
constexpr size_t KEY_BYTES = 32;

kj::String requireName(const Section& section) {
  KJ_IF_MAYBE (name, section.string("name"))
    if (isPlainName(*name)) return kj::mv(*name);
  section.failHere("needs a name = \"…\" of letters, digits, '-' and '_', at most 63");
}

template <typename Named>
void requireNew(const Section& section, const kj::Vector<Named>& others, kj::StringPtr name) {
  for (auto& other : others)
    if (other.name == name)
      section.fail(KJ_ASSERT_NONNULL(section.find("name")), "name",
                   kj::str("\"", name, "\" is there already: give this one another name"));
}

kj::String requireKey(const Section& section) {
  // Ed25519, as `portreeve gate keygen` prints it.
  KJ_IF_MAYBE (text, section.string("key")) {
    auto bytes = kj::decodeBase64(text->asArray());
    if (bytes.hadErrors || bytes.size() != KEY_BYTES || kj::encodeBase64(bytes) != *text)
      section.fail(KJ_ASSERT_NONNULL(section.find("key")), "key",
                   "must be a public key, as `portreeve gate keygen` prints it: 44 letters");
    return kj::mv(*text);
  }
  section.failHere(
      "needs a key = \"…\": the public key that `portreeve gate keygen` printed there");
}

WayType requireType(const Section& section) {
  auto words = KJ_MAP(type, TYPES) {
    return toText(type);
  };
  KJ_IF_MAYBE (word, section.string("type")) {
    for (auto type : TYPES)
      if (*word == toText(type)) return type;
    section.fail(KJ_ASSERT_NONNULL(section.find("type")), "type",
                 kj::str("must be one of: ", kj::strArray(words, ", ")));
  }
  section.failHere(kj::str("needs a type = \"…\"; there is: ", kj::strArray(words, ", ")));
}

ServerAddress requireServer(const Section& section) {
  KJ_IF_MAYBE (text, section.string("server")) {
    KJ_IF_MAYBE (server, ServerAddress::parse(*text)) return kj::mv(*server);
    section.fail(
        KJ_ASSERT_NONNULL(section.find("server")), "server",
        kj::str('"', *text,
                "\" must be an address or a host name with its port: \"192.0.2.1:1080\", "
                "\"[2001:db8::1]:1080\", \"vpn.example.org:17\" (a name has letters, digits, "
                "'-' and dots, one of another script its \"xn--\")"));
  }
  section.failHere("needs a server = \"ADDRESS:PORT\" or \"NAME:PORT\"");
}

void refuseKeysOfOtherTypes(const Section& section, const Settings::Way& way) {
  bool node = way.type == WayType::GATE17;
  for (auto key : {"key"_kj, "own_key"_kj, "via"_kj})
    KJ_IF_MAYBE (value, section.find(key))
      if (!node) section.fail(*value, key, "goes with type = \"gate17\" alone");
  KJ_IF_MAYBE (value, section.find("credentials"))
    if (node)
      section.fail(*value, "credentials", "are for socks5 and http: a node knows us by own_key");
}

Settings::Way readWay(const Section& section, const kj::Vector<Settings::Way>& before) {
  Settings::Way way;
  way.name = requireName(section);
  requireNew(section, before, way.name);
  way.type = requireType(section);
  way.server = requireServer(section);
  refuseKeysOfOtherTypes(section, way);
  KJ_IF_MAYBE (path, section.string("credentials")) way.credentials = kj::mv(*path);
  if (way.type != WayType::GATE17) return way;
  way.key = requireKey(section);
  KJ_IF_MAYBE (path, section.string("own_key"))
    way.ownKey = kj::mv(*path);
  else
    section.failHere("needs own_key = \"FILE\": make one with `portreeve gate keygen FILE`");
  KJ_IF_MAYBE (name, section.string("via")) {
    bool known = false;
    for (auto& other : before) known = known || other.name == *name;
    if (!known)
      section.fail(KJ_ASSERT_NONNULL(section.find("via")), "via",
                   kj::str("no way named \"", *name, "\" stands above this one"));
    way.via = kj::mv(*name);
  }
  return way;
}

template <typename Each>
void eachTable(kj::StringPtr file, const Section& section, kj::StringPtr key, kj::StringPtr name,
               std::initializer_list<kj::StringPtr> keys, Each&& each) {
  KJ_IF_MAYBE (node, section.find(key)) {
    const toml::array* list = node->as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table))
      section.fail(*node, key,
                   kj::str("must be tables: write each as [[", name, "]], with two brackets"));
    for (auto& entry : *list) {
      Section one(file, entry, name, keys);
      each(one);
    }
  }
}

void readExit(const Section& section, Settings::Node& node) {
  kj::Vector<kj::String> words;
  section.strings("exit", words);
  KJ_IF_MAYBE (value, section.find("exit")) {
    node.exit.clear();
    for (auto& word : words) {
      KJ_IF_MAYBE (scope, parseScope(word))
        node.exit.add(*scope);
      else
        section.fail(*value, "exit", "is a list of: internet, lan, localhost");
    }
  }
}

}  // namespace

void readGate(kj::StringPtr file, const toml::table& root, Settings::Gate& gate) {
  Section section(file, root, "gate", {"way"});
  eachTable(file, section, "way", "gate.way",
            {"name", "type", "server", "credentials", "key", "own_key", "via"},
            [&](const Section& one) { gate.ways.add(readWay(one, gate.ways)); });
}

void readNode(kj::StringPtr file, const toml::table& root, Settings::Node& node) {
  Section section(file, root, "node", {"listen", "key", "exit", "client"});
  section.strings("listen", node.listen);
  for (auto& text : node.listen)
    if (SocketAddress::parse(text) == nullptr)
      section.fail(KJ_ASSERT_NONNULL(section.find("listen")), "listen",
                   kj::str("\"", text, "\" is not an address with a port, like 0.0.0.0:17"));
  KJ_IF_MAYBE (path, section.string("key")) node.key = kj::mv(*path);
  readExit(section, node);
  eachTable(file, section, "client", "node.client", {"name", "key"}, [&](const Section& one) {
    Settings::NodeClient client;
    client.name = requireName(one);
    requireNew(one, node.clients, client.name);
    client.key = requireKey(one);
    node.clients.add(kj::mv(client));
  });
}

kj::StringPtr toText(WayType type) {
  switch (type) {
    case WayType::SOCKS5:
      return "socks5";
    case WayType::HTTP:
      return "http";
    case WayType::GATE17:
      return "gate17";
  }
  return "unknown";
}

}  // namespace portreeve
