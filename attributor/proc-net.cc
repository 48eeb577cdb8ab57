// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/proc-net.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>

#include <charconv>
#include <string_view>

namespace portreeve::attributor {
namespace {

constexpr auto GOOD_FOR_INCOMING = 50 * kj::MILLISECONDS;
constexpr kj::StringPtr TOO_LONG = "the table of sockets is longer than what is read of it"_kj;

// Words of a line: "sl: local:port remote:port st tx:rx tr:when retrnsmt uid timeout inode …".
constexpr size_t LOCAL = 1, REMOTE = 2, UID = 7, INODE = 9, WORDS = 10;

bool split(std::string_view line, std::string_view (&words)[WORDS]) {
  size_t at = 0;
  for (auto& word : words) {
    at = line.find_first_not_of(' ', at);
    if (at == std::string_view::npos) return false;
    size_t end = line.find(' ', at);
    word = line.substr(at, end == std::string_view::npos ? end : end - at);
    at = end == std::string_view::npos ? line.size() : end;
  }
  return true;
}

template <typename Number>
bool readNumber(std::string_view text, Number& number, int base = 10) {
  auto result = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool readEnd(std::string_view word, Address& address, uint16_t& port) {
  // "0100007F:0035": 32-bit words as this machine stores them, one for IPv4, four for IPv6.
  size_t colon = word.find(':');
  if (colon != 8 && colon != 32) return false;
  uint8_t bytes[16];
  for (size_t i = 0; i < colon / 8; i++) {
    uint32_t value;
    if (!readNumber(word.substr(i * 8, 8), value, 16)) return false;
    memcpy(bytes + i * 4, &value, sizeof value);
  }
  address = colon == 8 ? Address::fromV4(bytes) : Address::fromV6(bytes);
  return readNumber(word.substr(colon + 1), port, 16);
}

bool readLine(std::string_view line, ProcNetSocket& socket) {
  std::string_view words[WORDS];
  return split(line, words) && readEnd(words[LOCAL], socket.local, socket.localPort) &&
         readEnd(words[REMOTE], socket.remote, socket.remotePort) &&
         readNumber(words[UID], socket.uid) && readNumber(words[INODE], socket.inode);
}

bool isRaw(ProcNetTable table) {
  return table == ProcNetTable::RAW || table == ProcNetTable::RAW6;
}

bool isPing(ProcNetTable table) {
  return table == ProcNetTable::ICMP || table == ProcNetTable::ICMP6;
}

bool isTcp(ProcNetTable table) {
  return table == ProcNetTable::TCP || table == ProcNetTable::TCP6;
}

bool isConnected(const ProcNetSocket& socket, ProcNetTable table) {
  return !isRaw(table) && !isPing(table) && socket.remotePort != 0;
}

bool fits(const ProcNetSocket& socket, ProcNetTable table, const Tuple& localToRemote) {
  auto there = [](const Address& end, const Address& packets) {
    return end.isUnspecified() || end == packets;
  };
  if (socket.inode == 0 || !there(socket.local, localToRemote.source) ||
      !there(socket.remote, localToRemote.destination))
    return false;
  if (isRaw(table)) return socket.localPort == localToRemote.protocol;
  if (socket.localPort != localToRemote.sourcePort) return false;
  return isPing(table) || socket.remotePort == 0 ||
         socket.remotePort == localToRemote.destinationPort;
}

}  // namespace

kj::Vector<ProcNetSocket> readProcNet(kj::ArrayPtr<const char> text) {
  kj::Vector<ProcNetSocket> sockets;
  std::string_view rest(text.begin(), text.size());
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    ProcNetSocket socket;
    if (readLine(rest.substr(0, end), socket)) sockets.add(socket);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return sockets;
}

kj::Vector<ProcNetTable> tablesFor(const Tuple& tuple) {
  bool v6 = tuple.family == proto::Family::IPV6;
  kj::Vector<ProcNetTable> tables;
  auto add = [&](ProcNetTable four, ProcNetTable six, bool dualStack) {
    if (!v6) tables.add(four);
    if (v6 || dualStack) tables.add(six);
  };
  switch (tuple.protocol) {
    case PROTOCOL_TCP:
      add(ProcNetTable::TCP, ProcNetTable::TCP6, true);
      break;
    case PROTOCOL_UDP:
      add(ProcNetTable::UDP, ProcNetTable::UDP6, true);
      break;
    case PROTOCOL_UDPLITE:
      add(ProcNetTable::UDPLITE, ProcNetTable::UDPLITE6, true);
      break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
      add(ProcNetTable::ICMP, ProcNetTable::ICMP6, false);
      [[fallthrough]];
    default:
      add(ProcNetTable::RAW, ProcNetTable::RAW6, false);
  }
  return tables;
}

kj::Maybe<ProcNetChoice> chooseSocket(kj::ArrayPtr<const ProcNetSocket> sockets, ProcNetTable table,
                                      const Tuple& localToRemote, kj::Maybe<uint32_t> uid) {
  kj::Maybe<ProcNetChoice> chosen;
  bool chosenIsConnected = false;
  for (auto& socket : sockets) {
    if (!fits(socket, table, localToRemote)) continue;
    KJ_IF_MAYBE (sender, uid) {
      if (*sender != socket.uid) continue;
    }
    bool connected = isConnected(socket, table);
    if (chosenIsConnected && !connected) continue;
    if (chosen != nullptr && connected == chosenIsConnected) {
      KJ_ASSERT_NONNULL(chosen).only = false;
      continue;
    }
    chosen = ProcNetChoice{socket.inode, socket.uid, true, isTcp(table) && !connected};
    chosenIsConnected = connected;
  }
  return chosen;
}

class ProcNet::Asker final : public ReaderLink::Asker {
public:
  Asker(ProcNet& tables, ProcNetTable table, kj::Maybe<OnSockets> own)
      : tables(tables), table(table), own(kj::mv(own)) {}

  void answered(ReaderLink::Answer answer) override {
    if (answer.getError() == ENOENT) return say(nullptr, "the kernel has no such table"_kj);
    if (answer.getError() != 0) return say(nullptr, "the reader could not read the table"_kj);
    say(std::make_shared<kj::Vector<ProcNetSocket>>(readProcNet(answer.getTable().asChars())),
        answer.getTruncated() ? TOO_LONG : ""_kj);
  }
  void notAnswered(NoAnswer why) override { say(nullptr, toText(why)); }

private:
  ProcNet& tables;
  ProcNetTable table;
  kj::Maybe<OnSockets> own;  // empty: whoever waits in the table

  void say(Sockets sockets, kj::StringPtr whyNotAll) {
    auto& here = tables.tables[size_t(table)];
    if (sockets != nullptr) {
      here.sockets = sockets;
      here.whyNotAll = whyNotAll;
      here.since = tables.timer.now();
    }
    KJ_IF_MAYBE (call, own) {
      (*call)(kj::mv(sockets), whyNotAll);
    } else {
      auto waiting = kj::mv(here.incoming);
      here.incoming.clear();
      for (auto& one : waiting) one(sockets, whyNotAll);
    }
  }
};

void ProcNet::read(ProcNetTable table, Urgency urgency, OnSockets onSockets) {
  auto& here = tables[size_t(table)];
  ReaderQuestion question;
  question.kind = ReaderQuestion::Kind::PROC_NET;
  question.table = uint8_t(table);
  if (urgency != Urgency::INCOMING) {
    reader.ask(question, urgency, kj::heap<Asker>(*this, table, kj::mv(onSockets)));
    return;
  }
  if (here.sockets != nullptr && timer.now() - here.since < GOOD_FOR_INCOMING)
    return onSockets(here.sockets, here.whyNotAll);
  here.incoming.push_back(kj::mv(onSockets));
  if (here.incoming.size() == 1)
    reader.ask(question, urgency, kj::heap<Asker>(*this, table, nullptr));
}

}  // namespace portreeve::attributor
