// SPDX-License-Identifier: GPL-3.0-or-later
// What is recorded of a program besides the columns of its row: one text, a line for each key.
#pragma once

#include "proto/view.capnp.h"

#include <kj/string.h>

namespace portreeve::history {

kj::String detailsOf(proto::view::Program::Reader program);
// "key value" lines for what is not empty; the values are printable, so they have no line ends.

void fillDetails(proto::view::Program::Builder to, kj::StringPtr details);
// The reverse. A key that this build does not know is left out.

}  // namespace portreeve::history
