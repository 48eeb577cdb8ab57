// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of the database, its version (PRAGMA user_version) and the way from one to the next.
//
// A connection's id is its policy's life (LIFE_SHIFT bits up) and its flow id within that life: so
// it is unique, grows with time, and what is told again finds its row. Times are ms since the Unix
// epoch; addresses are 16 bytes (IPv4 as ::ffff:a.b.c.d). Texts that come again and again stand
// once in `text`; 0 is the empty one.
#pragma once

#include "history/sqlite.h"

#include <kj/array.h>
#include <kj/memory.h>
#include <kj/string.h>

namespace portreeve::history {

constexpr unsigned LIFE_SHIFT = 36;

kj::ArrayPtr<const kj::StringPtr> schemaSteps();
// Step n (from 0) makes version n + 1 of version n.

kj::Own<Database> openDatabase(kj::StringPtr file,
                               kj::ArrayPtr<const kj::StringPtr> steps = schemaSteps());
// For writing; made, or brought to the newest version within one transaction, where it has to be.
// Before that the file of the old version is kept beside it as <file>.v<version>, and one of a
// version before that is removed: so an older build can be put back. A file of a newer version is
// moved aside as <file>.v<version>, and the one kept by this version taken back where there is one.
// Throws as Database does; a file that is damaged is BROKEN for whoever asks `isDamaged`.

bool isDamaged(kj::StringPtr file);
// It is there, but is no database of ours that SQLite can read.

kj::String setAside(kj::StringPtr file, uint64_t nowWallNs);
// Renames a damaged file (and its -wal) to <file>.damaged-<time>; returns that name. The newest
// three are kept. Throws FAILED when the folder does not allow it.

}  // namespace portreeve::history
