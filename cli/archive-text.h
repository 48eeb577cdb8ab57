// SPDX-License-Identifier: GPL-3.0-or-later
// The text of an archive of the whole policy: TOML, a [[file]] each.
#pragma once

#include <kj/array.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::cli {

struct ArchivedFile {
  enum class Place : uint8_t { SETTINGS, ADMINISTRATOR, OWN, USERS, CHANGED };
  Place place;
  kj::String name;  // within its folder: no "/", not hidden
  kj::String text;
  uint64_t writtenNs;  // wall clock
};

kj::String archiveText(kj::ArrayPtr<const ArchivedFile> files, kj::StringPtr time);

kj::Vector<ArchivedFile> parseArchive(kj::StringPtr path, kj::StringPtr text);
// Throws Failure "path:line: reason": no archive, a version of later, a name that would lead
// elsewhere, a file twice.

}  // namespace portreeve::cli
