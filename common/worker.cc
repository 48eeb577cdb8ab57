// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/worker.h"

#include <kj/debug.h>

namespace portreeve {

Worker::Worker(size_t mostWaiting) : most(mostWaiting), thread([this]() { work(); }) {
  std::unique_lock<std::mutex> held(lock);
  changed.wait(held, [this]() { return running; });
}

Worker::~Worker() noexcept(false) {
  {
    std::lock_guard<std::mutex> held(lock);
    ending = true;
  }
  changed.notify_one();
  thread.join();
  for (auto& task : tasks) task(true);
}

size_t Worker::waiting() {
  std::lock_guard<std::mutex> held(lock);
  return tasks.size();
}

void Worker::submit(Task task) {
  {
    std::lock_guard<std::mutex> held(lock);
    if (tasks.size() >= most) refuse("too much waits to be done: try again in a moment");
    tasks.push_back(kj::mv(task));
  }
  changed.notify_one();
}

void Worker::work() {
  std::unique_lock<std::mutex> held(lock);
  running = true;
  changed.notify_one();
  for (;;) {
    changed.wait(held, [this]() { return ending || !tasks.empty(); });
    if (ending) return;
    Task task = kj::mv(tasks.front());
    tasks.pop_front();
    held.unlock();
    task(false);
    held.lock();
  }
}

void Worker::refuse(kj::StringPtr words) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::OVERLOADED, __FILE__, __LINE__, kj::str(words)));
}

}  // namespace portreeve
