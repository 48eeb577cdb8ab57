// SPDX-License-Identifier: GPL-3.0-or-later
// Whether somebody changed what lists are made of while they were made: systemd starts nothing anew
// for a change that comes while portreeve-lists runs.
#pragma once

#include "common/settings.h"

#include <kj/string.h>
#include <kj/vector.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve::lists {

kj::Vector<kj::String> inputFiles(kj::StringPtr settingsFile, const Settings& settings);
// portreeve.toml, and each source that is a file.

class Inputs {
public:
  explicit Inputs(kj::ArrayPtr<const kj::String> files);  // as they are now

  bool changed() const;
  // One of them was written, replaced, made or removed since.

private:
  struct Stamp {
    kj::String path;
    ino_t inode = 0;  // 0: it is not there
    int64_t size = 0, modifiedNs = 0;

    bool operator==(const Stamp& other) const;
  };
  kj::Vector<Stamp> stamps;

  static Stamp stampOf(kj::StringPtr path);
};

}  // namespace portreeve::lists
