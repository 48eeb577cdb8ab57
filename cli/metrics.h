// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve metrics`: what the gateway says on /metrics, without it.
#pragma once

namespace portreeve::cli {

int metrics();

}  // namespace portreeve::cli
