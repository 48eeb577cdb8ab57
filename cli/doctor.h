// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve doctor`: what would keep the suite from working here, and what to do about it.
#pragma once

namespace portreeve::cli {

struct DoctorOptions {
  bool json = false;
};

int doctor(const DoctorOptions& options);
// FAILED where a problem was found; GOOD with notes alone. Changes nothing.

}  // namespace portreeve::cli
