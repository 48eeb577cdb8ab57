// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/network-view.h"

#include "policy/rules/test-facts.h"
#include "policy/rules/test-mmdb.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

namespace portreeve::rules {
namespace {

using Db = TestDatabase;

TEST_CASE("where an address is: its scope, and what the databases know of its network") {
  char folder[] = "/tmp/portreeve-network-XXXXXX";
  KJ_ASSERT(mkdtemp(folder) != nullptr);
  KJ_DEFER(std::filesystem::remove_all(folder));
  TestDatabase countries, numbers;
  countries.add("203.0.113.0/24",
                Db::map({Db::text("country"), Db::map({Db::text("iso_code"), Db::text("NZ")})}));
  countries.write(kj::str(folder, "/country.mmdb"), "Test-Country");
  numbers.add("203.0.113.0/25",
              Db::map({Db::text("autonomous_system_number"), Db::number32(64496),
                       Db::text("autonomous_system_organization"), Db::text("Example Net")}));
  numbers.write(kj::str(folder, "/asn.mmdb"), "Test-ASN");
  Geography geography;
  auto view = [&](kj::StringPtr remote) {
    capnp::MallocMessageBuilder message;
    auto network = message.initRoot<proto::view::Network>();
    fillNetwork(address(remote), geography, network);
    return network.asReader().toString().flatten();
  };
  CHECK(view("203.0.113.7") == "(scope = \"internet\")");
  REQUIRE(geography.openCountries(kj::str(folder, "/country.mmdb")) == nullptr);
  REQUIRE(geography.openNumbers(kj::str(folder, "/asn.mmdb")) == nullptr);
  CHECK(view("203.0.113.7") ==
        "(scope = \"internet\", country = \"NZ\", autonomousSystem = (number = 64496, "
        "organization = \"Example Net\"))");
  CHECK(view("203.0.113.200") == "(scope = \"internet\", country = \"NZ\")");
  CHECK(view("192.168.0.1") == "(scope = \"lan\")");
  CHECK(view("::1") == "(scope = \"localhost\")");
}

}  // namespace
}  // namespace portreeve::rules
