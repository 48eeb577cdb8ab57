// SPDX-License-Identifier: GPL-3.0-or-later
// Question in, answer out: proto/reader.capnp as a function.
#pragma once

#include "attributor/reader/owner-search.h"
#include "attributor/reader/process-look.h"
#include "attributor/reader/slow-lane.h"
#include "common/status.h"
#include "proto/reader.capnp.h"

#include <capnp/message.h>
#include <kj/common.h>
#include <kj/io.h>

#include <cstdint>

namespace portreeve::reader {

constexpr size_t QUESTION_BYTES = 512;
constexpr size_t ANSWER_WORDS = proto::reader::READER_ANSWER_BYTES / sizeof(capnp::word);

struct Counts {
  uint64_t questions = 0;
  uint64_t notEntitled = 0;
  uint64_t malformed = 0;
  uint64_t found = 0;
  uint64_t notFound = 0;  // nobody, or not in time
};

class Responder {
public:
  Responder(kj::AutoCloseFd proc, SlowLane& slowLane, OwnStatus& ownStatus);
  // `proc` is the open /proc. The others outlive this object.
  KJ_DISALLOW_COPY(Responder);

  struct Reply {
    kj::ArrayPtr<const capnp::word> message;  // flat; until the next question
    kj::Maybe<int> descriptor;                // goes with it; until the next question
  };
  kj::Maybe<Reply> answer(kj::ArrayPtr<const capnp::word> question);
  // nullptr when it does not decode.

  Counts counts;

private:
  using Answer = proto::reader::Answer::Builder;
  using Question = proto::reader::Question::Reader;

  kj::AutoCloseFd proc;
  OwnStatus& ownStatus;
  OwnerSearch search;
  ProcessLook processes;
  kj::AutoCloseFd program;
  capnp::word scratch[ANSWER_WORDS]{};
  capnp::word flat[ANSWER_WORDS];

  int fill(Question question, Answer answer);
  int findOwner(Question question, Answer answer);
  int readTable(unsigned table, Answer answer);
  int fillStatus(Answer answer);
};

}  // namespace portreeve::reader
