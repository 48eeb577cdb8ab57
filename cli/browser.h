// SPDX-License-Identifier: GPL-3.0-or-later
// The browser of whoever runs this command.
#pragma once

#include <kj/string.h>

namespace portreeve::cli {

bool openInBrowser(kj::StringPtr url);
// By xdg-open(1), where this is a graphical session ($DISPLAY, $WAYLAND_DISPLAY) of its own user:
// not behind sudo, where the browser would be root's. False: it was not opened. Other users may
// read the URL in the list of processes meanwhile.

}  // namespace portreeve::cli
