// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/import-formats.h"

#include "cli/failure.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace portreeve::cli {
namespace {

namespace fs = std::filesystem;

struct Foreign {
  std::string root;
  UserNames users;
  Conversion into{users};

  Foreign() {
    char path[] = "/tmp/portreeve-import-XXXXXX";
    KJ_ASSERT(mkdtemp(path) != nullptr);
    root = path;
  }
  ~Foreign() { fs::remove_all(root); }

  kj::String write(const std::string& name, const std::string& text) {
    std::ofstream(root + "/" + name) << text;
    return kj::str(root.c_str(), '/', name.c_str());
  }
  std::string toml() { return into.toml().cStr(); }
  bool has(const std::string& part) { return toml().find(part) != std::string::npos; }
  bool leftOut(const std::string& part) {
    for (auto& line : into.left())
      if (std::string(line.cStr()).find(part) != std::string::npos) return true;
    return false;
  }
  size_t at(const std::string& part) { return toml().find(part); }
};

TEST_CASE("OpenSnitch: operators become operands, what denies comes before what allows") {
  Foreign t;
  t.write(
      "000-allow.json",
      R"({"name":"curl web","enabled":true,"precedence":false,"action":"allow","duration":"always",
  "operator":{"type":"list","operand":"list","list":[
    {"type":"simple","operand":"process.path","data":"/usr/bin/cu[r]l"},
    {"type":"simple","operand":"dest.host","data":"example.org"},
    {"type":"regexp","operand":"dest.port","data":"^(80|443)$"},
    {"type":"simple","operand":"protocol","data":"tcp6"},
    {"type":"simple","operand":"user.id","data":"1000"}]}})");
  t.write("500-deny.json",
          R"({"name":"no ads","enabled":true,"action":"deny","duration":"until restart",
  "operator":{"type":"regexp","operand":"dest.host","data":"^ad[0-9]+\\."}})");
  t.write("600-hash.json",
          R"({"name":"hash","enabled":true,"action":"reject","duration":"5m",
  "operator":{"type":"simple","operand":"process.hash.md5","data":"00"}})");
  t.write(
      "700-off.json",
      R"({"name":"off","enabled":false,"action":"allow","operator":{"type":"simple","operand":"true"}})");
  t.write("800-path.json",
          R"({"name":"expr","enabled":true,"action":"allow","duration":"always",
  "operator":{"type":"regexp","operand":"process.path","data":"^/opt/.*$"}})");
  importOpenSnitch(t.root.c_str(), t.into);
  CHECK(t.into.converted() == 2);
  CHECK(t.has("action = \"drop\"\ndomain = \"/^ad[0-9]+\\\\./\"\nuntil = \"restart\""));
  CHECK(t.at("no ads") < t.at("curl web"));
  CHECK(
      t.has("domain = \"example.org\"\nport = [80, 443]\nprotocol = \"tcp\"\nuser = \"1000\"\n"
            "process = { path = \"/usr/bin/cu\\\\[r]l\" }"));
  CHECK(t.into.left().size() == 3);
  CHECK(t.leftOut("process.hash.md5 has no counterpart"));
  CHECK(t.leftOut("it is switched off"));
  CHECK(t.leftOut("process.path by an expression"));
}

TEST_CASE("Portmaster: endpoint rules keep their order, by program where the profile is one") {
  Foreign t;
  auto file = t.write("profile.json", R"({"type":"profile","name":"curl",
  "fingerprints":[{"type":"path","operation":"equals","value":"/usr/bin/curl"},{"type":"cmdline","operation":"equals","value":"x"}],
  "config":{"filter/endpoints":["+ .example.org TCP/443","- L:ADS","- 192.0.2.0/24 UDP/8000-8100","- *ads* *","- LAN","- AS64496","- *"],
            "filter":{"serviceEndpoints":["+ Localhost TCP/22"],"defaultAction":"block"}}})");
  importPortmaster(file, t.into);
  CHECK(t.has(
      "action = \"allow\"\ndirection = \"out\"\ndomain = \".example.org\"\nprotocol = \"tcp\"\n"
      "port = \"443\"\nprocess = { path = [\"/usr/bin/curl\"] }"));
  CHECK(t.has("address = \"192.0.2.0/24\"\nprotocol = \"udp\"\nport = \"8000-8100\""));
  CHECK(t.has("domain = \"/^.*ads.*$/\""));
  CHECK(t.has("scope = \"lan\""));
  CHECK(t.has("asn = 64496"));
  CHECK(t.has("direction = \"in\"\nscope = \"localhost\""));
  CHECK(t.has("curl: the rest"));
  CHECK(t.leftOut("L:ADS"));
  CHECK(t.leftOut("fingerprint by cmdline"));
  CHECK(t.into.converted() == 8);
}

TEST_CASE(
    "Little Snitch: the more specific comes first, and other systems' programs are left out") {
  Foreign t;
  auto file = t.write("x.lsrules", R"({"name":"Group","rules":[
  {"action":"allow","process":"any","remote":"any","ports":"443"},
  {"action":"deny","process":"/usr/bin/curl","remote-domains":["example.org","example.net"],"protocol":"tcp"},
  {"action":"deny","process":"/Applications/Mail.app/Contents/MacOS/Mail","remote":"any"},
  {"action":"ask","process":"any"},
  {"action":"deny","disabled":true,"process":"any"}],
  "denied-remote-hosts":["ads.example"],"denied-remote-addresses":["192.0.2.1"]})");
  importLittleSnitch(file, t.into);
  CHECK(t.into.converted() == 4);
  CHECK(t.has("domain = [\".example.org\", \".example.net\"]"));
  CHECK(t.has("domain = \"ads.example\""));
  CHECK(t.at("/usr/bin/curl") < t.at("port = \"443\""));
  CHECK(t.leftOut("one of another system"));
  CHECK(t.leftOut("the action \"ask\""));
  CHECK(t.leftOut("switched off"));
}

TEST_CASE("hosts: names that lead nowhere are refused, others and the machine's own are not") {
  Foreign t;
  auto file = t.write("hosts",
                      "127.0.0.1 localhost\n# a comment\n0.0.0.0\tads.example track.example # why\n"
                      ":: ads.example\n192.0.2.7 printer.example\nnonsense x.example\n");
  importHosts(file, t.into);
  CHECK(t.into.converted() == 1);
  CHECK(t.has("domain = [\"ads.example\", \"track.example\"]\nnames = \"any\""));
  CHECK(t.leftOut(":5: printer.example is given the address 192.0.2.7"));
  CHECK(t.leftOut(":6: \"nonsense\" is no address"));
}

TEST_CASE("ufw: tuples become rules of one direction, forwarding is left out") {
  Foreign t;
  t.write("user.rules",
          "*filter\n### tuple ### allow tcp 22 0.0.0.0/0 any 192.0.2.0/24 in\n"
          "### tuple ### deny any any 198.51.100.7 any 0.0.0.0/0 out_eth0\n"
          "### tuple ### limit_log tcp 80,8000:8100 0.0.0.0/0 any 0.0.0.0/0 WWW - in comment=6869\n"
          "### tuple ### route:allow any any 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -j "
          "ACCEPT\n");
  t.write("user6.rules", "### tuple ### reject udp 53 ::/0 any 2001:db8::/32 in\n");
  importUfw(t.root.c_str(), t.into);
  CHECK(t.into.converted() == 4);
  CHECK(
      t.has("action = \"allow\"\ndirection = \"in\"\nprotocol = \"tcp\"\nlocal_port = [\"22\"]\n"
            "address = \"192.0.2.0/24\""));
  CHECK(t.has(
      "action = \"drop\"\ndirection = \"out\"\naddress = \"198.51.100.7\"\ninterface = \"eth0\""));
  CHECK(t.has("local_port = [\"80\", \"8000-8100\"]"));
  CHECK(t.has("action = \"block\"\ndirection = \"in\"\nprotocol = \"udp\""));
  CHECK(t.leftOut("forwarded packets"));
}

TEST_CASE("what is nothing of that kind is a failure with the file's name") {
  Foreign t;
  auto file = t.write("bad.json", "{");
  CHECK_THROWS_AS(importPortmaster(file, t.into), const Failure&);
  CHECK_THROWS_AS(importOpenSnitch("/nonexistent", t.into), const Failure&);
  CHECK_THROWS_AS(importHosts("/nonexistent", t.into), const Failure&);
  CHECK_THROWS_AS(importUfw("/nonexistent", t.into), const Failure&);
}

}  // namespace
}  // namespace portreeve::cli
