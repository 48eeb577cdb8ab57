// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve changes` and `portreeve undo`: the log of changes, and one of them taken back.
#pragma once

#include <cstdint>
#include <optional>

namespace portreeve::cli {

struct ChangesOptions {
  uint32_t limit = 0;  // 0: as many as policy tells
  bool diff = false;
  bool json = false;  // one object a line
};
int changes(const ChangesOptions& options);
// FAILED where an entry is not as it was written.

struct UndoOptions {
  uint32_t number = 0;  // 0: the newest that can be undone
  std::optional<uint32_t> confirmSeconds;
};
int undo(const UndoOptions& options);

}  // namespace portreeve::cli
