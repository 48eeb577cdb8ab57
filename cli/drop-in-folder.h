// SPDX-License-Identifier: GPL-3.0-or-later
// Drop-ins of systemd's units (systemd.unit(5)) that `portreeve settings apply` owns, and what
// stands beside them.
#pragma once

#include "cli/listen-plan.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::cli {

constexpr kj::StringPtr DROP_IN_NAME = "50-settings.conf"_kj;

enum class DropInAct : uint8_t { WRITE, REPLACE, REMOVE };

struct DropInChange {
  DropInAct act;
  kj::StringPtr unit;
  kj::String path;
  kj::String text;  // empty: REMOVE
};

kj::Vector<DropInChange> changesIn(kj::StringPtr folder, kj::ArrayPtr<const DropIn> wanted);
// What makes `folder` (/etc/systemd/system) have these drop-ins; none where it has. Failure that
// names the file where one of that name was written by somebody else, and where another drop-in of
// a socket unit names addresses, too.

void make(kj::ArrayPtr<const DropInChange> changes);
// Each file whole or not at all. Failure where one cannot be written.

kj::String inWords(const DropInChange& change);
// "written: …/portreeve-gateway-http4.socket.d/50-settings.conf: 127.0.0.1:8017"

}  // namespace portreeve::cli
