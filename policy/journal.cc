// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/journal.h"

#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace portreeve::policy {

Journal::Journal(kj::StringPtr socketPath) : path(kj::str(socketPath)) {
  KJ_REQUIRE(path.size() < sizeof(sockaddr_un::sun_path), "the journal's path is too long", path);
  int fd;
  KJ_SYSCALL(fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  socket = kj::AutoCloseFd(fd);
}

void Journal::send(kj::ArrayPtr<const JournalField> fields) {
  auto entry = journalEntry(fields);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.cStr(), path.size());
  iovec piece{entry.begin(), entry.size()};
  msghdr message{};
  // With its address each time: a journal that was started again is the one that is reached.
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  bool gone =
      entry.size() > LARGEST || sendmsg(socket.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0;
  (gone ? missed : took)++;
}

kj::Array<kj::byte> journalEntry(kj::ArrayPtr<const JournalField> fields) {
  kj::Vector<kj::byte> entry;
  auto add = [&](kj::StringPtr text) { entry.addAll(text.asBytes()); };
  for (auto& field : fields) {
    add(field.name);
    if (field.value.findFirst('\n') == nullptr) {
      entry.add('=');
    } else {
      entry.add('\n');
      for (unsigned shift = 0; shift < 64; shift += 8)
        entry.add(kj::byte(uint64_t(field.value.size()) >> shift));
    }
    add(field.value);
    entry.add('\n');
  }
  return entry.releaseAsArray();
}

}  // namespace portreeve::policy
