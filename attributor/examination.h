// SPDX-License-Identifier: GPL-3.0-or-later
// What takes a look inside a program's file, and so is known later than the process: its SHA-256,
// and the package that owns its path.
#pragma once

#include "proto/reader.capnp.h"

#include <kj/string.h>

#include <cstdint>
#include <memory>

namespace portreeve::attributor {

struct Examination {
  // Shared by all processes that run the file; filled in once.
  bool done = false;
  kj::String sha256;    // 64 hexadecimal digits; empty where it cannot be told
  kj::String package;   // empty: of none
  kj::String whyNot;    // no sha256, in words
  uint64_t caseId = 0;  // while it is under way (examinations.h)
};

struct ProcessFacts;

class Examiner {
public:
  virtual void examine(const std::shared_ptr<ProcessFacts>& facts,
                       proto::reader::Answer::Reader description) = 0;
  // Gives facts their examination, begun where the file was not examined yet; never waits.
  virtual ~Examiner() noexcept(false) = default;
};

using SharedExamination = std::shared_ptr<const Examination>;

}  // namespace portreeve::attributor
