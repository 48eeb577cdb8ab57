// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/redaction.h"

#include <doctest/doctest.h>

namespace portreeve::cli {
namespace {

TEST_CASE("an address gets a number, always the same, and keeps its port") {
  Redaction redaction("guest");
  CHECK(redaction.apply("from 10.9.0.1:443 to 10.9.0.2:53, again 10.9.0.1.") ==
        "from address-1:443 to address-2:53, again address-1.");
  CHECK(redaction.apply("10.9.0.2") == "address-2");
}

TEST_CASE("IPv6 addresses are found in brackets, with a zone, and short ones too") {
  Redaction redaction("guest");
  CHECK(redaction.apply("[fd09::2]:53 fe80::1%eth0 fd09:0:0:0:0:0:0:2") ==
        "[address-1]:53 address-2%eth0 address-3");
}

TEST_CASE("what says nothing about anybody stays") {
  Redaction redaction("guest");
  for (auto text :
       {"127.0.0.1:53 [::1]:817 0.0.0.0 192.0.2.7 2001:db8::1", "at 21:45:18", "version 0.1.0",
        "policy: info: 20 in force", "file.toml:3:12: reason", "dead:beef", "1.2.3.4.5.6"})
    CHECK(redaction.apply(text) == text);
}

TEST_CASE(
    "the host's name and home folders are taken out, and nothing that only begins like them") {
  Redaction redaction("guest");
  CHECK(redaction.apply("guest portreeve[1]: guests /home/alice/x /home/bob/y /home/alice") ==
        "this-host portreeve[1]: guests /home/user-1/x /home/user-2/y /home/user-1");
}

}  // namespace
}  // namespace portreeve::cli
