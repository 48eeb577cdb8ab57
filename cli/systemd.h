// SPDX-License-Identifier: GPL-3.0-or-later
// The service manager of the machine, asked by systemctl(1).
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/time.h>

namespace portreeve::cli {

constexpr kj::StringPtr UNIT_CHANGES_FOLDER = "/etc/systemd/system"_kj;

bool systemdRunsHere();      // as PID 1 of this machine (sd_booted(3))
bool suiteUnitsInstalled();  // portreeve.target is among its units
bool isActive(kj::StringPtr unit);

bool systemctl(kj::ArrayPtr<const kj::StringPtr> words, kj::Duration limit);
// Its errors come on our standard error; killed past `limit`. False: it failed, which is logged.

}  // namespace portreeve::cli
