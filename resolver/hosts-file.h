// SPDX-License-Identifier: GPL-3.0-or-later
// hosts(5), read: names and addresses that the administrator of this machine wrote down.
#pragma once

#include "resolver/message.h"

#include <kj/common.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace portreeve::resolver {

class HostsFile {
public:
  static constexpr uint32_t TTL = 10;  // seconds: the file may change

  static HostsFile read(kj::ArrayPtr<const char> content);
  // Lines that are no such thing are passed over, as by every reader of the file. A pure function
  // over somebody else's file.

  kj::Maybe<Answer> answer(const Question& question) const;
  // The addresses of a name that stands there, and the first name of an address (PTR). A name that
  // stands there with the other family alone has no such record, nor has it others that lead past
  // the file (SVCB, HTTPS); its other types are not known here.

private:
  std::unordered_map<std::string, std::vector<Address>> names;  // by lowerCaseWire
  std::unordered_map<std::string, Name> addresses;  // by lowerCaseWire of the reverse name
};

Name reverseName(const Address& address);
// Under in-addr.arpa or ip6.arpa (RFC 1035, 3.5; RFC 3596, 2.5).

}  // namespace portreeve::resolver
