// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/settings.h"

#include "common/settings-catalogue.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

namespace portreeve {
namespace {

struct SettingsFile {
  char path[40] = "/tmp/portreeve-settings-XXXXXX";
  explicit SettingsFile(kj::StringPtr content) {
    int fd = mkstemp(path);
    KJ_ASSERT(fd >= 0 && write(fd, content.begin(), content.size()) == ssize_t(content.size()));
    close(fd);
  }
  ~SettingsFile() { unlink(path); }
};

kj::String errorOf(kj::StringPtr content) {
  SettingsFile file(content);
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { Settings::load(file.path); })) {
    kj::StringPtr text = e->getDescription();
    CHECK(text.startsWith(file.path));
    return kj::str(text.slice(strlen(file.path)));
  }
  return kj::str("no error");
}

TEST_CASE("without a file every setting has its default") {
  auto settings = Settings::load("/nonexistent/portreeve.toml");
  CHECK(settings.policy.defaultAction == DefaultAction::ALLOW);
  CHECK(settings.resolver.listen.size() == 2);
  CHECK(settings.resolver.upstreams.size() == 0);
  CHECK(settings.gateway.listen[0] == "127.0.0.1:817");
  CHECK_FALSE(settings.interceptor.respectHostRules);
  CHECK(settings.interceptor.queues == 1);
  CHECK(settings.interceptor.timeoutMs == 3000);
  CHECK(settings.interceptor.keepAwake);
}

TEST_CASE("what a file says replaces the defaults") {
  SettingsFile file(
      "[policy]\ndefault = \"block\"\n[resolver]\nupstreams = [\"192.0.2.53\"]\nlisten = []\n"
      "[interceptor]\nhost_rules = \"respect\"\nqueues = 4\ntimeout_ms = 500\n"
      "keep_awake = false\n[resolver.zones]\n\"corp.example\" = [\"192.0.2.54\"]\n");
  auto settings = Settings::load(file.path);
  CHECK(settings.policy.defaultAction == DefaultAction::BLOCK);
  CHECK(settings.resolver.upstreams[0] == "192.0.2.53");
  CHECK(settings.resolver.listen.size() == 0);
  REQUIRE(settings.resolver.zones.size() == 1);
  CHECK(settings.resolver.zones[0].name == "corp.example");
  CHECK(settings.resolver.zones[0].upstreams[0] == "192.0.2.54");
  CHECK(settings.interceptor.respectHostRules);
  CHECK(settings.interceptor.queues == 4);
  CHECK(settings.interceptor.timeoutMs == 500);
  CHECK_FALSE(settings.interceptor.keepAwake);
}

TEST_CASE("profiles come in the order of the file, with their conditions") {
  SettingsFile file(
      "[profile.work]\nwhen = [{ gateway = \"02-00-5E-10-00-01\", vpn = false }, { ssid = "
      "\"Work\" }]\ndefault = \"block\"\n[profile.home]\nwhen = { interface = \"eth*\" "
      "}\nunanswered = \"allow\"\n[profile.alone]\n");
  auto profiles = Settings::load(file.path).policy.profiles.releaseAsArray();
  REQUIRE(profiles.size() == 3);
  CHECK(profiles[0].name == "work");
  CHECK(profiles[0].defaultAction.orDefault(DefaultAction::ALLOW) == DefaultAction::BLOCK);
  REQUIRE(profiles[0].when.size() == 2);
  CHECK(profiles[0].when[0].toString() == "{ gateway = \"02:00:5e:10:00:01\", vpn = false }");
  CHECK(profiles[0].when[1].toString() == "{ ssid = \"Work\" }");
  CHECK(profiles[1].name == "home");
  CHECK(profiles[1].defaultAction == nullptr);
  CHECK(profiles[1].unanswered.orDefault(DefaultAction::BLOCK) == DefaultAction::ALLOW);
  CHECK(profiles[1].when[0].toString() == "{ interface = \"eth*\" }");
  CHECK(profiles[2].when.size() == 0);
}

TEST_CASE("a profile that could not be told, or not be chosen, is refused with its place") {
  CHECK(errorOf("[profile.auto]\n").startsWith(":1:10: \"auto\": a profile's name has"));
  CHECK(errorOf("[profile.\"a b\"]\n").startsWith(":1:10: \"a b\""));
  CHECK(errorOf("[profile.home]\nwhen = [{ gateway = \"192.0.2.1\" }]\n") ==
        ":2:21: profile.home.when.gateway must be a MAC address: \"02:00:5e:10:00:01\"");
  CHECK(errorOf("[profile.home]\nwhen = [{ bssid = \"x\" }]\n") ==
        ":2:11: unknown key \"bssid\" in [profile.home.when]; there are: gateway, ssid, "
        "interface, vpn");
  CHECK(errorOf("[profile.home]\nwhen = [{}]\n").startsWith(":2:9: profile.home.when wants"));
  CHECK(errorOf("[profile.home]\nunanswered = \"ask\"\n") ==
        ":2:14: profile.home.unanswered must be \"allow\", \"block\" or \"drop\": nobody is "
        "there to be asked");
  CHECK(errorOf("profile = 1\n").startsWith(":1:11: \"profile\" holds tables"));
}

TEST_CASE("ways of Gate17 are read in their order, and rules may name them") {
  constexpr auto KEY = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqo="_kj;
  SettingsFile file(
      "[[gate.way]]\nname = \"tor\"\ntype = \"socks5\"\nserver = \"127.0.0.1:9050\"\n"
      "[[gate.way]]\nname = \"office\"\ntype = \"http\"\nserver = \"[2001:db8::1]:8080\"\n"
      "credentials = \"/etc/x\"\n"
      "[[gate.way]]\nname = \"named\"\ntype = \"http\"\nserver = \"Proxy.example.org:8080\"\n");
  auto settings = Settings::load(file.path);
  REQUIRE(settings.gate.ways.size() == 3);
  CHECK(settings.gate.ways[2].server.name == "proxy.example.org");
  CHECK(settings.gate.ways[0].server.toString() == "127.0.0.1:9050");
  CHECK(settings.gate.ways[1].type == WayType::HTTP);
  CHECK(settings.policy.ways[1] == "office");
  CHECK(errorOf("[[gate.way]]\nname = \"a\"\ntype = \"socks4\"\nserver = \"127.0.0.1:1\"") ==
        ":3:8: gate.way.type must be one of: socks5, http, gate17");
  CHECK(errorOf("[[gate.way]]\nname = \"a\"\ntype = \"socks5\"\nserver = \"127.0.0.1\"")
            .startsWith(":4:10: gate.way.server \"127.0.0.1\" must be an address or a host name "
                        "with its port"));
  CHECK(errorOf(kj::str("[[gate.way]]\nname = \"a\"\ntype = \"gate17\"\nserver = \"127.0.0.1:17\"\n"
                        "key = \"",
                        KEY.slice(4), "\"\nown_key = \"/x\"\n"))
            .startsWith(":5:7: gate.way.key must be a public key"));
  CHECK(errorOf("[[node.client]]\nname = \"a b\"\n").startsWith(":1:1: node.client needs a name"));
}

TEST_CASE("a mistake is refused with its line, its column and what would be right") {
  CHECK(errorOf("[policy]\ndefault = \"perhaps\"\n") ==
        ":2:11: policy.default must be \"allow\", \"block\" or \"drop\"");
  CHECK(errorOf("[policy]\ndefalt = \"allow\"\n")
            .startsWith(":2:1: unknown key \"defalt\" in [policy]"));
  CHECK(errorOf("[polcy]\n").startsWith(":1:2: unknown section \"polcy\""));
  CHECK(errorOf("[interceptor]\ntimeout_ms = 5\n") ==
        ":2:14: interceptor.timeout_ms must be from 100 to 60000");
  CHECK(errorOf("[resolver.zones]\n\"corp.example\" = \"192.0.2.1\"\n")
            .startsWith(":2:18: resolver.zones.\"corp.example\" must be a list of texts"));
  CHECK(errorOf("[resolver]\nupstreams = \"192.0.2.1\"\n")
            .startsWith(":2:13: resolver.upstreams must be a list"));
  CHECK(errorOf("policy = 3\n").startsWith(":1:10: \"policy\" must be a table"));
  CHECK(errorOf("[policy\n").startsWith(":1:8: "));
}

TEST_CASE("the catalogue has every key that is read, with a default that is accepted") {
  kj::Vector<kj::StringPtr> sections;
  for (auto& key : settingKeys()) {
    if (key.isOfMany()) continue;
    if (sections.empty() || sections.back() != key.section) sections.add(key.section);
    CHECK(errorOf(kj::str('[', key.section, "]\n", key.key, " = ", key.fallback, '\n')) ==
          "no error");
  }
  for (auto section : sections) {
    // An unknown key is answered with those that there are.
    auto words = errorOf(kj::str('[', section, "]\nx = 1\n"));
    auto known = kj::str(words.slice(words.findLast(':').orDefault(0) + 2));
    for (size_t start = 0; start < known.size();) {
      size_t end = start;
      while (end < known.size() && known[end] != ',') end++;
      auto key = kj::heapString(known.begin() + start, end - start);
      start = end + 2;
      CHECK_MESSAGE((findSetting(section, key) != nullptr || key == "client"), section.cStr(), '.',
                    key.cStr());
    }
  }
}

}  // namespace
}  // namespace portreeve
