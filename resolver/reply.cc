// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/reply.h"

#include <kj/vector.h>

#include <algorithm>
#include <string>
#include <unordered_map>

namespace portreeve::resolver {
namespace {

constexpr size_t MAX_ERROR_TEXT = 200;
constexpr size_t HIGHEST_POINTER = 0x3fff;
constexpr size_t FLAGS_AT = 2, COUNTS_AT = 4;
constexpr uint16_t OPTION_EXTENDED_ERROR = 15;

constexpr uint16_t FLAG_RESPONSE = 0x8000, FLAG_TRUNCATED = 0x0200, FLAG_RECURSION_DESIRED = 0x0100,
                   FLAG_RECURSION_AVAILABLE = 0x0080, FLAG_CHECKING_DISABLED = 0x0010;
constexpr uint32_t EDNS_DNSSEC_OK = 0x8000;

std::string lowerCase(std::string_view wire) {
  std::string result(wire);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
  return result;
}

class WireWriter {
public:
  void u16(uint16_t value) {
    out.add(kj::byte(value >> 8));
    out.add(kj::byte(value));
  }
  void u32(uint32_t value) {
    u16(uint16_t(value >> 16));
    u16(uint16_t(value));
  }
  void bytes(std::string_view data) { out.addAll(data.begin(), data.end()); }

  void name(std::string_view wire) {
    // Points to the longest part that was written before (RFC 1035, 4.1.4).
    for (size_t at = 0; wire[at] != 0; at += 1 + size_t(wire[at])) {
      auto rest = lowerCase(wire.substr(at));
      auto known = places.find(rest);
      if (known != places.end()) {
        u16(uint16_t(0xc000 | known->second));
        return;
      }
      if (out.size() <= HIGHEST_POINTER) places.emplace(kj::mv(rest), uint16_t(out.size()));
      bytes(wire.substr(at, 1 + size_t(wire[at])));
    }
    out.add(0);
  }

  void patch16(size_t at, uint16_t value) {
    out[at] = kj::byte(value >> 8);
    out[at + 1] = kj::byte(value);
  }
  size_t size() const { return out.size(); }
  void cut(size_t size) {
    // Names beyond stay in `places`: nothing with a name may be written after a cut.
    out.truncate(size);
  }
  kj::Array<kj::byte> release() { return out.releaseAsArray(); }

private:
  kj::Vector<kj::byte> out{512};
  std::unordered_map<std::string, uint16_t> places;
};

void writeData(WireWriter& writer, const Record& record) {
  size_t lengthAt = writer.size();
  writer.u16(0);
  NamesInData layout = record.klass == CLASS_IN ? namesInData(record.type) : NamesInData{};
  std::string_view data = record.data;
  writer.bytes(data.substr(0, layout.skip));
  data.remove_prefix(layout.skip);
  for (size_t i = 0; i < layout.names; i++) {
    size_t length = 1;
    while (data[length - 1] != 0) length += 1 + size_t(data[length - 1]);
    writer.name(data.substr(0, length));
    data.remove_prefix(length);
  }
  writer.bytes(data);
  writer.patch16(lengthAt, uint16_t(writer.size() - lengthAt - 2));
}

void writeRecord(WireWriter& writer, const Record& record) {
  writer.name(record.owner.wire());
  writer.u16(record.type);
  writer.u16(record.klass);
  writer.u32(record.ttl);
  writeData(writer, record);
}

std::string_view errorText(const ExtendedError& error) {
  std::string_view text(error.text.begin(), error.text.size());
  if (text.size() <= MAX_ERROR_TEXT) return text;
  size_t end = MAX_ERROR_TEXT;
  while (end > 0 && (uint8_t(text[end]) & 0xc0) == 0x80) end--;  // not within a character
  return text.substr(0, end);
}

class Reply {
public:
  Reply(const Query& query, const Answer& answer, kj::Maybe<const ExtendedError&> error,
        size_t limit)
      : query(query), answer(answer), error(error), limit(limit - optSize()) {}

  kj::Array<kj::byte> write() {
    writeHeader();
    writeQuestion();
    size_t sectionsAt = writer.size();
    bool whole = writeSection(answer.answer, 1) && writeSection(answer.authority, 2);
    if (whole) {
      writeSection(answer.additional, 3);
    } else {
      writer.cut(sectionsAt);
      counts[1] = counts[2] = 0;
      writer.patch16(FLAGS_AT, flags() | FLAG_TRUNCATED);
    }
    writeOpt();
    for (size_t i = 0; i < kj::size(counts); i++) writer.patch16(COUNTS_AT + 2 * i, counts[i]);
    return writer.release();
  }

private:
  const Query& query;
  const Answer& answer;
  kj::Maybe<const ExtendedError&> error;
  size_t limit;  // without the OPT record
  WireWriter writer;
  uint16_t counts[4] = {0, 0, 0, 0};

  size_t optSize() const {
    if (query.edns == nullptr) return 0;
    size_t size = 11;
    KJ_IF_MAYBE (e, error) size += 6 + errorText(*e).size();
    return size;
  }

  uint16_t flags() const {
    uint16_t result = FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE;
    result |= uint16_t(query.opcode << 11);
    if (query.recursionDesired) result |= FLAG_RECURSION_DESIRED;
    if (query.checkingDisabled) result |= FLAG_CHECKING_DISABLED;
    return result | (answer.rcode & 0xf);
  }

  void writeHeader() {
    writer.u16(query.id);
    writer.u16(flags());
    for (size_t i = 0; i < kj::size(counts); i++) writer.u16(0);
  }

  void writeQuestion() {
    KJ_IF_MAYBE (question, query.question) {
      writer.name(question->name.wire());
      writer.u16(question->type);
      writer.u16(question->klass);
      counts[0] = 1;
    }
  }

  bool wanted(const Record& record) const {
    if (record.type != TYPE_RRSIG && record.type != TYPE_NSEC && record.type != TYPE_NSEC3)
      return true;
    KJ_IF_MAYBE (edns, query.edns) {
      if (edns->dnssecOk) return true;
    }
    KJ_IF_MAYBE (question, query.question) return question->type == record.type;
    return false;
  }

  bool writeSection(const std::vector<Record>& section, size_t count) {
    // False when it did not fit whole; what is there then ends with a whole record.
    for (auto& record : section) {
      if (!wanted(record)) continue;
      size_t before = writer.size();
      writeRecord(writer, record);
      if (writer.size() > limit) {
        writer.cut(before);
        return false;
      }
      counts[count]++;
    }
    return true;
  }

  void writeOpt() {
    KJ_IF_MAYBE (edns, query.edns) {
      writer.bytes(std::string_view("\0", 1));
      writer.u16(TYPE_OPT);
      writer.u16(EDNS_UDP_LIMIT);
      writer.u32(uint32_t(answer.rcode >> 4) << 24 | (edns->dnssecOk ? EDNS_DNSSEC_OK : 0));
      KJ_IF_MAYBE (e, error) {
        auto text = errorText(*e);
        writer.u16(uint16_t(6 + text.size()));
        writer.u16(OPTION_EXTENDED_ERROR);
        writer.u16(uint16_t(2 + text.size()));
        writer.u16(e->code);
        writer.bytes(text);
      } else {
        writer.u16(0);
      }
      counts[3]++;
    }
  }
};

}  // namespace

size_t udpLimit(const Query& query) {
  KJ_IF_MAYBE (edns, query.edns) {
    return std::clamp<size_t>(edns->udpSize, PLAIN_UDP_LIMIT, EDNS_UDP_LIMIT);
  }
  return PLAIN_UDP_LIMIT;
}

kj::Array<kj::byte> writeReply(const Query& query, const Answer& answer,
                               kj::Maybe<const ExtendedError&> error, size_t limit) {
  return Reply(query, answer, error, limit).write();
}

Answer answerAny(const Question& question) {
  using namespace std::string_literals;
  Answer answer;
  answer.answer.push_back({question.name, TYPE_HINFO, CLASS_IN, 3600, "\7RFC8482\0"s});
  return answer;
}

}  // namespace portreeve::resolver
