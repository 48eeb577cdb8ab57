// SPDX-License-Identifier: GPL-3.0-or-later
// Names that are answered here and asked of nobody, and such as nobody outside may be asked for.
#pragma once

#include "resolver/hosts-file.h"
#include "resolver/message.h"

#include <kj/common.h>

namespace portreeve::resolver {

class LocalNames {
public:
  kj::Maybe<Answer> answer(const Question& question) const;
  // What /etc/hosts says; localhost, invalid, onion, alt and what is below them (RFC 6761, RFC
  // 7686, RFC 9476).

  void takeHosts(kj::ArrayPtr<const char> content) { hosts = HostsFile::read(content); }

private:
  HostsFile hosts;
};

kj::Maybe<Answer> answerCanary(const Question& question);
// Names by which programs find out whether to go past this resolver: use-application-dns.net
// (Firefox; NXDOMAIN keeps it with us) and resolver.arpa (RFC 9462; no record). Before any rule: a
// name that a rule refuses is answered the same.

bool isMulticast(const Name& name);
// "local", and addresses of the link (RFC 6762, 3 and 4): for multicast DNS alone.

bool isPrivate(const Question& question);
// Names that mean something on this network only, if anywhere: private addresses (RFC 6303), names
// of one label, home.arpa (RFC 8375), test, and what networks at home and in companies use (RFC
// 6762, G; internal: ICANN). No server outside may learn of them.

Answer noSuchName();

}  // namespace portreeve::resolver
