// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/stable-path.h"

#include <doctest/doctest.h>

namespace portreeve::attributor {
namespace {

TEST_CASE("what a new version changes in a path is left open") {
  struct Row {
    kj::StringPtr path, stable;
  };
  const Row rows[] = {
      {"/nix/store/0c3xkq1l8vzj9d5n2m4p6r7s8t9w0y1a-firefox-120.0.1/bin/firefox",
       "/nix/store/*-firefox-*/bin/firefox"},
      {"/nix/store/0c3xkq1l8vzj9d5n2m4p6r7s8t9w0y1a-hello/bin/hello",
       "/nix/store/*-hello/bin/hello"},
      {"/gnu/store/0c3xkq1l8vzj9d5n2m4p6r7s8t9w0y1a-curl-8.4.0/bin/curl",
       "/gnu/store/*-curl-*/bin/curl"},
      {"/snap/firefox/4173/usr/lib/firefox/firefox", "/snap/firefox/*/usr/lib/firefox/firefox"},
      {"/snap/mine/x1/bin/a", "/snap/mine/*/bin/a"},
      {"/var/lib/flatpak/app/org.x.App/x86_64/stable/"
       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/files/bin/app",
       "/var/lib/flatpak/app/org.x.App/x86_64/stable/*/files/bin/app"},
      {"/home/a/.nvm/versions/node/v18.19.0/bin/node", "/home/a/.nvm/versions/node/v*/bin/node"},
      {"/opt/jdk-17.0.9+9/bin/java", "/opt/jdk-*/bin/java"},
      {"/tmp/.mount_FooAbC123/usr/bin/foo", "/tmp/.mount_*/usr/bin/foo"},
      {"/opt/a[1]/v1.2/x", "/opt/a\\[1]/v*/x"},
      {"/usr/bin/python3.11", ""},
      {"/usr/lib/jvm/java-17-openjdk-amd64/bin/java", ""},
      {"/opt/a*b/x", ""},
      {"", ""},
      {"/", ""},
      {"relative/1.2/x", ""},
      {"/memfd:x", ""},
  };
  for (auto& row : rows) CHECK_MESSAGE(stablePathOf(row.path) == row.stable, row.path.cStr());
}

TEST_CASE("two versions of one program have one stable path") {
  CHECK(stablePathOf("/opt/idea-2023.2.1/bin/idea") == stablePathOf("/opt/idea-2024.1/bin/idea"));
}

}  // namespace
}  // namespace portreeve::attributor
