// SPDX-License-Identifier: GPL-3.0-or-later
// Takes out of a text what says who and where somebody is, so that it can be shown to strangers.
#pragma once

#include <kj/string.h>

#include <map>
#include <string>

namespace portreeve::cli {

class Redaction {
public:
  explicit Redaction(kj::StringPtr hostName);

  kj::String apply(kj::StringPtr text);
  // IP addresses become "address-1", "address-2", …, the same one always the same; the host's own
  // name becomes "this-host", a home folder "/home/user-1". Loopback, unspecified and documentation
  // addresses (RFC 5737, RFC 3849) stay: they say nothing. Ports stay.

private:
  std::string host;
  std::map<std::string, std::string> addresses;
  std::map<std::string, std::string> users;

  std::string numbered(std::map<std::string, std::string>& known, const char* kind,
                       const std::string& original);
};

}  // namespace portreeve::cli
