// SPDX-License-Identifier: GPL-3.0-or-later
// Names that are answered here and asked of nobody.
#pragma once

#include "resolver/message.h"

#include <kj/common.h>

namespace portreeve::resolver {

kj::Maybe<Answer> answerLocally(const Question& question);
// "localhost" and all below it are the loopback addresses and nothing else (RFC 6761, 6.3).

kj::Maybe<Answer> answerCanary(const Question& question);
// Names that a program asks for to find out whether it should go past this resolver, and that no
// policy has to be asked about: use-application-dns.net (Firefox), and resolver.arpa (discovery of
// encrypted resolvers, RFC 9462, 6.4) do not exist here.

}  // namespace portreeve::resolver
