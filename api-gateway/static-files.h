// SPDX-License-Identifier: GPL-3.0-or-later
// The page, compiled into the program: this process can open no file.
#pragma once

#include "api-gateway/reply.h"

namespace portreeve::gateway {

Reply pageHtml();
Reply pageStyle();
Reply pageScript();
Reply openApi();  // the description of /api/v1 (OpenAPI 3.1)

}  // namespace portreeve::gateway
