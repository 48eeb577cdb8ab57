// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/resolv-conf.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

kj::String read(kj::StringPtr content) {
  auto link = readResolvConf("file", content.asArray());
  auto servers = KJ_MAP(server, link.servers) {
    return server.toString();
  };
  return kj::strArray(servers, " ");
}

}  // namespace

TEST_CASE("the name servers of a resolv.conf, each once and in their order") {
  CHECK(read("# by hand\nsearch corp.example\nnameserver 192.0.2.2\nnameserver\t2001:db8::1 # two\n"
             "nameserver 192.0.2.2\noptions edns0\nnameserver 192.0.2.3") ==
        "udp://192.0.2.2 udp://[2001:db8::1] udp://192.0.2.3");
}

TEST_CASE("a link-local name server keeps its interface") {
  CHECK(read("nameserver fe80::1%lo\n") == "udp://[fe80::1%lo]");
  CHECK(read("nameserver fe80::1%not-there\n") == "");
}

TEST_CASE("lines that are no name server are passed over") {
  CHECK(read("") == "");
  CHECK(read("\n\n \t\nnameserver\nnameserver none.example\nnameservers 192.0.2.1\n;nameserver "
             "192.0.2.1\n") == "");
}

TEST_CASE("servers that are ourselves are taken out, whatever we are bound to") {
  auto given = [](kj::StringPtr ours) {
    NetworkServers all;
    all.links.add(
        readResolvConf("file", "nameserver 127.0.0.1\nnameserver 192.0.2.1\n"_kj.asArray()));
    Endpoint own[] = {{KJ_ASSERT_NONNULL(Address::parse(ours)), 53}};
    all.removeServers(own);
    return all.describe();
  };
  CHECK(given("127.0.0.1") == "file: udp://192.0.2.1");
  CHECK(given("0.0.0.0") == "file: udp://192.0.2.1");
  CHECK(given("127.0.0.17") == "file: udp://127.0.0.1 udp://192.0.2.1");
  CHECK(given("192.0.2.1") == "file: udp://127.0.0.1");
}

}  // namespace portreeve::resolver
