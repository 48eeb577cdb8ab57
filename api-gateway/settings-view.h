// SPDX-License-Identifier: GPL-3.0-or-later
// What portreeve.toml said when this process started, for people to read: it can open no file
// later.
#pragma once

#include "proto/api-view.capnp.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::gateway {

class SettingsView {
public:
  static SettingsView read(kj::StringPtr file);
  // A missing file says nothing; one that cannot be read, or is no TOML, has an error. What looks
  // like a secret by its key is not kept.

  void fill(proto::view::SettingsPage::Builder page) const;

private:
  struct Setting {
    kj::String section, key, value;
  };
  kj::String file;
  kj::String readAt;
  kj::String error;
  kj::Vector<Setting> settings;
};

}  // namespace portreeve::gateway
