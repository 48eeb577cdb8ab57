// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/hosts-file.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/vector.h>

namespace portreeve::resolver {
namespace {

kj::String ask(const HostsFile& file, kj::StringPtr name, uint16_t type) {
  KJ_IF_MAYBE (answer, file.answer({KJ_ASSERT_NONNULL(Name::parse(name)), type})) {
    auto addresses = given({KJ_ASSERT_NONNULL(Name::parse(name)), type}, *answer).addresses;
    kj::Vector<kj::String> texts;
    for (auto& address : addresses) texts.add(address.toString());
    return kj::str('[', kj::strArray(texts, " "), ']');
  }
  return kj::str("not known");
}

HostsFile read(kj::StringPtr content) {
  return HostsFile::read(content.asArray());
}

}  // namespace

TEST_CASE("a name in the hosts file has its addresses, in whatever case it is asked for") {
  auto file = read(
      "# by hand\n127.0.0.1\tlocalhost\n192.0.2.1 Printer printer.lan # the old one\n2001:db8::1 "
      "printer\n192.0.2.2 printer\n");
  CHECK(ask(file, "PRINTER", TYPE_A) == "[192.0.2.1 192.0.2.2]");
  CHECK(ask(file, "printer", TYPE_AAAA) == "[2001:db8::1]");
  CHECK(ask(file, "other", TYPE_A) == "not known");
}

TEST_CASE("what the hosts file says of a name cannot be gone past by another record of it") {
  auto file = read("192.0.2.1 a.example\n");
  CHECK(ask(file, "a.example", TYPE_AAAA) == "[]");
  CHECK(ask(file, "a.example", TYPE_HTTPS) == "[]");
  CHECK(ask(file, "a.example", TYPE_MX) == "not known");
}

TEST_CASE("an address in the hosts file has the first name of its first line") {
  auto file = read(
      "192.0.2.1 a.example b.example\n192.0.2.1 c.example\n2001:db8::1 d.example\n"
      "0.0.0.0 ads.example\n");
  auto ptr = [&](const char* address) {
    auto name = reverseName(KJ_ASSERT_NONNULL(Address::parse(address)));
    KJ_IF_MAYBE (answer, file.answer({name, TYPE_PTR})) {
      auto& data = answer->answer.at(0).data;
      WireReader reader(kj::arrayPtr(reinterpret_cast<const kj::byte*>(data.data()), data.size()));
      return KJ_ASSERT_NONNULL(Name::decode(reader)).text();
    }
    return kj::str("not known");
  };
  CHECK(ptr("192.0.2.1") == "a.example");
  CHECK(ptr("2001:db8::1") == "d.example");
  CHECK(ptr("0.0.0.0") == "not known");
  CHECK(reverseName(KJ_ASSERT_NONNULL(Address::parse("2001:db8::1"))).text() ==
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_CASE("lines of a hosts file that are none are passed over") {
  auto file = read("\n \t\n192.0.2.1\nname 192.0.2.1\n192.0.2.300 x\n192.0.2.1 no..name good#bad");
  CHECK(ask(file, "x", TYPE_A) == "not known");
  CHECK(ask(file, "good", TYPE_A) == "[192.0.2.1]");
}

}  // namespace portreeve::resolver
