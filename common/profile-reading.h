// SPDX-License-Identifier: GPL-3.0-or-later
// [profile.NAME] from TOML, and the words for what holds where no rule does.
#pragma once

#include "common/profile-settings.h"
#include "common/settings-section.h"

namespace portreeve {

kj::Maybe<DefaultAction> readDefault(const Section& section, kj::StringPtr key);
kj::Maybe<DefaultAction> readUnanswered(const Section& section, kj::StringPtr key);
// Never ASK: nobody is there.

kj::Vector<Profile> readProfiles(kj::StringPtr file, const toml::table& root);
// In the file's order. All of these throw FAILED with the place of what is bad.

}  // namespace portreeve
