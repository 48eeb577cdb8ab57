// SPDX-License-Identifier: GPL-3.0-or-later
// The entries of /proc and of /proc/PID/fd that are numbers, from any number on: both directories
// are in ascending order, and a position in them is the number plus a constant
// (fs/proc/base.c: proc_pid_readdir, fs/proc/fd.c: proc_readfd_common), so that lseek(2) finds the
// newest processes without reading all the others.
#pragma once

#include <kj/common.h>
#include <kj/vector.h>

namespace portreeve::reader {

enum class NumberedDirectory : int {
  PROCESSES = 256,  // or up to two more, by kernel: reading starts that much early
  DESCRIPTORS = 2,
};

bool readNumbers(int directory, NumberedDirectory kind, int lower, int upper,
                 kj::Vector<int>& numbers);
// Replaces `numbers` by those from `lower` to `upper` - 1, ascending. False when the directory
// cannot be read (any more). Moves the directory's position.

class Descending {
  // The numbers of such a directory from the highest down, in windows that grow to 4096 numbers
  // from 8, or from 2 of processes: the first are there soon, however many there are.
public:
  Descending(int directory, NumberedDirectory kind, kj::Vector<int>& storage);
  Descending(int directory, NumberedDirectory kind, int lower, int upper, kj::Vector<int>& storage);
  // From `lower` to `upper` - 1 alone. `storage` is overwritten and outlives this object.

  kj::ArrayPtr<const int> next();
  // The next window, ascending in itself; empty at the end and when reading fails.

private:
  int directory;
  NumberedDirectory kind;
  kj::Vector<int>& storage;
  int lower = 0;
  int upper = 0;
  int size;
  bool whole = false;  // `storage` holds all there is, not given out yet

  int endOf(int guess) const;
};

struct NumberName {
  // A file name with a number in it, or two, made without allocating.
  explicit NumberName(int number) : NumberName("", number) {}
  NumberName(const char* before, int number, const char* after = "", int second = -1);
  // A negative `second` is left out. At most 20 bytes beside the numbers.

  const char* cStr() const { return text; }

private:
  char text[48];
};

}  // namespace portreeve::reader
