// SPDX-License-Identifier: GPL-3.0-or-later
// What the examiner (attributor/examiner/) has found out about program files, each once for as long
// as it stays the same: device, inode, mtime, ctime and size. The reader opens a file, this process
// only passes the descriptor on. Nobody waits for it: what is found is told when it is there. What
// failed because of the file is tried again after a minute; because the process had gone, with the
// next one that runs it.
#pragma once

#include "attributor/examination.h"
#include "attributor/examiner/job.h"
#include "attributor/generations.h"
#include "attributor/process-facts.h"
#include "attributor/reader-link.h"
#include "attributor/slow-devices.h"

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/timer.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace portreeve::attributor {

class Examinations final : public Examiner {
public:
  using OnLearned = kj::Function<void(const SharedFacts&)>;

  struct Counters {
    uint64_t examined = 0;  // files
    uint64_t failed = 0;
  };

  Examinations(ReaderLink& reader, kj::UnixEventPort& port, kj::Timer& timer,
               kj::AutoCloseFd examiner, OnLearned onLearned);
  // `examiner`: non-blocking. `onLearned` gets every process whose file has been examined
  // meanwhile.
  ~Examinations() noexcept(false) override;
  KJ_DISALLOW_COPY(Examinations);

  void examine(const std::shared_ptr<ProcessFacts>& facts, ReaderLink::Answer description) override;
  // Cheap where the file is known. Kernel threads and files that cannot be looked at get no
  // examination: nothing will be known of them.

  kj::Promise<void> run();
  // Receives results. Never resolves.

  const Counters& counters() const { return counts; }
  bool examinerIsThere() const { return !gone; }

private:
  struct Case;
  class Opener;

  static constexpr size_t FILES = 4096;        // remembered, a generation
  static constexpr size_t UNDER_WAY = 32;      // being opened, or with the examiner
  static constexpr size_t MOST_CASES = 1024;   // with those that wait
  static constexpr size_t MOST_AWAITING = 64;  // processes that are told of one file
  static constexpr auto FAILED_FOR = 60 * kj::SECONDS;

  struct Known {
    std::shared_ptr<Examination> examination;
    kj::TimePoint since;
  };

  ReaderLink& reader;
  kj::Timer& timer;
  OnLearned onLearned;
  kj::AutoCloseFd examiner;
  kj::UnixEventPort::FdObserver observer;
  Generations<std::string, Known> known;
  std::unordered_map<uint64_t, std::unique_ptr<Case>> cases;  // by id
  std::deque<uint64_t> waiting;
  SlowDevices devices;
  std::unordered_map<uint64_t, uint64_t> overdue;  // with the examiner and given up: id, device
  uint64_t lastId = 0;
  bool gone = false;
  Counters counts;

  size_t underWay() const { return cases.size() - waiting.size(); }
  void pump();
  void ask(uint64_t id);
  void opened(uint64_t id, kj::AutoCloseFd file, ReaderLink::Answer answer);
  bool send(const Case& one, int file);
  void take(const examiner::Result& result);
  enum class Fault { FILE, CIRCUMSTANCES };
  void fail(uint64_t id, kj::StringPtr why, Fault fault);
  void finish(uint64_t id);
  void giveUp(uint64_t id);
  kj::Promise<void> receive();
  kj::Promise<void> expire();
};

}  // namespace portreeve::attributor
