// SPDX-License-Identifier: GPL-3.0-or-later
// Where this machine was last, for a policy that comes back before the resolver has told it.
#pragma once

#include "policy/attachment.h"

#include <kj/string.h>

namespace portreeve::policy {

kj::String attachmentText(const Attachment& attachment);
Attachment parseAttachment(kj::StringPtr path, kj::StringPtr text);
// Throws FAILED where it is not what policy has written.

}  // namespace portreeve::policy
