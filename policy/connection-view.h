// SPDX-License-Identifier: GPL-3.0-or-later
// A flow as people and programs see it (proto/view.capnp).
#pragma once

#include "common/accounts.h"
#include "policy/flow.h"
#include "proto/view.capnp.h"

namespace portreeve::policy {

void fill(proto::view::Connection::Builder connection, const Flow& flow, const UserNames& users);

void fill(proto::view::Program::Builder program, const Party& party, const UserNames& users);

size_t roughBytes(const Program& program);
size_t roughBytes(const Flow& flow);
// How long the message of its view will be, about.

}  // namespace portreeve::policy
