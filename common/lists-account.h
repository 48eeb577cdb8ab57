// SPDX-License-Identifier: GPL-3.0-or-later
// The account of portreeve-lists, which is no daemon and so no Role.
#pragma once

#include "common/accounts.h"

namespace portreeve {

Account listsAccount();
// "portreeve-lists" of /etc/passwd, else the number 61720.

}  // namespace portreeve
