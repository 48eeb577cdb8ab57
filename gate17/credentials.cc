// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/credentials.h"

#include <errno.h>
#include <kj/debug.h>
#include <stdio.h>
#include <string.h>

namespace portreeve::gate17 {
namespace {

constexpr size_t LONGEST = 255;  // RFC 1929

kj::String readLine(FILE* file, kj::StringPtr path) {
  char line[LONGEST + 2];
  if (fgets(line, sizeof line, file) == nullptr) line[0] = '\0';
  line[strcspn(line, "\r\n")] = '\0';
  size_t length = strlen(line);
  KJ_REQUIRE(0 < length && length <= LONGEST,
             kj::str(path, ": write the user in the first line and the password in the second, ",
                     "each of 1 to 255 bytes"));
  return kj::str(line);
}

}  // namespace

socks5::Credentials readCredentials(kj::StringPtr path) {
  FILE* file = fopen(path.cStr(), "re");
  KJ_REQUIRE(file != nullptr, kj::str("credentials ", path, ": ", strerror(errno),
                                      ": it must be a file that portreeve-gate may read"));
  KJ_DEFER(fclose(file));
  auto user = readLine(file, path);
  auto password = readLine(file, path);
  return {kj::mv(user), kj::mv(password)};
}

}  // namespace portreeve::gate17
