// SPDX-License-Identifier: GPL-3.0-or-later
// What is to be explained: ?id=42, or a connection that need not exist:
// ?program=/usr/bin/curl&remote=192.0.2.1&port=443&domain=example.org&user=alice&protocol=tcp
#pragma once

#include "api-gateway/query-text.h"
#include "proto/policy.capnp.h"

namespace portreeve::gateway {

kj::Maybe<Wrong> fillQuestion(kj::StringPtr query, proto::Question::Builder question);
// nullptr: it was understood. `port` is the remote one of what goes out, the local one with
// direction=in.

}  // namespace portreeve::gateway
