// SPDX-License-Identifier: GPL-3.0-or-later
// JSON of proto/view.capnp, as the command's --json writes it, and the one JSON text that is read.
#pragma once

#include "proto/view.capnp.h"

#include <capnp/list.h>
#include <kj/string.h>

namespace portreeve::gateway {

kj::String quoted(kj::StringPtr text);  // a JSON string

kj::String toJson(proto::view::Status::Reader status);
kj::String toJson(proto::view::Connection::Reader connection);  // on one line
kj::String toJson(capnp::List<proto::view::Connection>::Reader connections);
kj::String toJson(capnp::List<proto::view::RuleView>::Reader rules);

kj::Maybe<kj::String> parseSecret(kj::StringPtr body);
// {"secret": "<64 hexadecimal digits>"} and nothing else; nullptr for any other text.

}  // namespace portreeve::gateway
