// SPDX-License-Identifier: GPL-3.0-or-later
// Structured entries for systemd's journal, in its native datagram protocol
// (systemd.io/JOURNAL_NATIVE_PROTOCOL). Own code where libsystemd has sd_journal_sendv(3): that
// waits when the journal is busy, and policy waits for nobody.
#pragma once

#include <kj/io.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

struct JournalField {
  kj::StringPtr name;  // upper case letters, digits and "_"
  kj::String value;    // any bytes
};

class Journal {
public:
  static constexpr kj::StringPtr SOCKET = "/run/systemd/journal/socket"_kj;
  static constexpr size_t LARGEST = 32 << 10;  // an entry; larger ones are lost

  explicit Journal(kj::StringPtr socketPath = SOCKET);
  // A journal that is not there now may come later. Throws FAILED where no socket can be made.
  KJ_DISALLOW_COPY(Journal);

  void send(kj::ArrayPtr<const JournalField> fields);
  // At once or not at all: what a busy or missing journal does not take is counted.

  uint64_t sent() const { return took; }
  uint64_t lost() const { return missed; }

private:
  kj::String path;
  kj::AutoCloseFd socket;
  uint64_t took = 0, missed = 0;
};

kj::Array<kj::byte> journalEntry(kj::ArrayPtr<const JournalField> fields);
// One datagram. A value with a line end in it goes with its length (little-endian, 64 bits).

}  // namespace portreeve::policy
