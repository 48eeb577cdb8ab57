// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve demo`: the main job on real traffic, in network namespaces made for it.
#pragma once

namespace portreeve::cli {

struct DemoOptions {
  bool stay = false;
};

int demo(const DemoOptions& options);
// In the place of this process. Failure when not root, or where the demonstration is not installed.

}  // namespace portreeve::cli
