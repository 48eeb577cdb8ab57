// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/message.h"

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr uint16_t FLAG_RESPONSE = 0x8000;
constexpr uint16_t FLAG_RECURSION_DESIRED = 0x0100;
constexpr uint16_t FLAG_TRUNCATED = 0x0200;
constexpr uint16_t FLAG_AUTHENTIC = 0x0020;
constexpr uint16_t FLAG_CHECKING_DISABLED = 0x0010;
constexpr uint32_t EDNS_DNSSEC_OK = 0x8000;  // in the OPT record's TTL, RFC 6891, 6.1.4
constexpr size_t MAX_CHAIN = 32;
constexpr size_t MAX_ADDRESSES = 256;

struct Header {
  uint16_t id, flags, questions, answers, authorities, additionals;

  static Header decode(WireReader& reader) {
    Header header{};
    for (uint16_t* field : {&header.id, &header.flags, &header.questions, &header.answers,
                            &header.authorities, &header.additionals})
      *field = reader.u16();
    return header;
  }
  uint8_t opcode() const { return flags >> 11 & 0xf; }
};

kj::Maybe<Question> decodeQuestion(WireReader& reader) {
  Question question;
  KJ_IF_MAYBE (name, Name::decode(reader)) question.name = kj::mv(*name);
  question.type = reader.u16();
  question.klass = reader.u16();
  if (!reader.ok()) return nullptr;
  return kj::mv(question);
}

struct RawRecord {
  Name owner;
  uint16_t type = 0, klass = 0;
  uint32_t ttl = 0;
  size_t dataAt = 0;
  kj::ArrayPtr<const kj::byte> data;
};

kj::Maybe<RawRecord> decodeRecord(WireReader& reader) {
  RawRecord record;
  KJ_IF_MAYBE (name, Name::decode(reader)) record.owner = kj::mv(*name);
  record.type = reader.u16();
  record.klass = reader.u16();
  record.ttl = reader.u32();
  size_t length = reader.u16();
  record.dataAt = reader.at();
  record.data = reader.bytes(length);
  if (!reader.ok()) return nullptr;
  return kj::mv(record);
}

bool optionsAreWhole(kj::ArrayPtr<const kj::byte> data) {
  WireReader options(data);
  while (options.ok() && options.left() > 0) {
    options.u16();  // code: none is asked of us that must be answered
    options.bytes(options.u16());
  }
  return options.ok();
}

bool decodeOpt(const RawRecord& record, Query& query) {
  // One OPT, owned by the root (RFC 6891, 6.1.1).
  if (query.edns != nullptr || record.owner.wire().size() != 1) return false;
  if (!optionsAreWhole(record.data)) return false;
  Edns edns;
  edns.udpSize = record.klass;
  edns.version = uint8_t(record.ttl >> 16);
  edns.dnssecOk = (record.ttl & EDNS_DNSSEC_OK) != 0;
  query.edns = edns;
  return true;
}

bool decodeAdditional(WireReader& reader, uint16_t count, Query& query) {
  for (uint16_t i = 0; i < count; i++) {
    KJ_IF_MAYBE (record, decodeRecord(reader)) {
      if (record->type == TYPE_OPT && !decodeOpt(*record, query)) return false;
    } else {
      return false;
    }
  }
  return reader.left() == 0;
}

QueryReading reject(QueryReading reading, uint16_t rcode) {
  reading.outcome = QueryReading::Outcome::REJECT;
  reading.rcode = rcode;
  return reading;
}

QueryReading judge(QueryReading reading, const Question& question) {
  KJ_IF_MAYBE (edns, reading.query.edns) {
    if (edns->version != 0) return reject(kj::mv(reading), RCODE_BADVERS);
  }
  if (question.klass != CLASS_IN) return reject(kj::mv(reading), RCODE_REFUSED);
  switch (question.type) {
    case 0:
    case TYPE_OPT:
      return reject(kj::mv(reading), RCODE_FORMERR);
    case TYPE_AXFR:
    case TYPE_IXFR:
      return reject(kj::mv(reading), RCODE_REFUSED);
    case TYPE_ANY:
      reading.outcome = QueryReading::Outcome::ANY;
      return reading;
  }
  // RFC 6895, 3.1: 128 to 255 are no data but questions of a special kind.
  if (question.type >= 128 && question.type <= 255) return reject(kj::mv(reading), RCODE_NOTIMP);
  reading.outcome = QueryReading::Outcome::GOOD;
  return reading;
}

std::string expandNames(const RawRecord& record, WireReader message, bool& ok) {
  NamesInData layout = namesInData(record.type);
  if (layout.names == 0 || record.klass != CLASS_IN)
    return {reinterpret_cast<const char*>(record.data.begin()), record.data.size()};
  message.moveTo(record.dataAt);
  std::string data;
  auto append = [&](kj::ArrayPtr<const kj::byte> part) {
    data.append(reinterpret_cast<const char*>(part.begin()), part.size());
  };
  append(message.bytes(layout.skip));
  for (size_t i = 0; i < layout.names; i++)
    KJ_IF_MAYBE (name, Name::decode(message)) data.append(name->wire());
  size_t end = record.dataAt + record.data.size();
  if (!message.ok() || message.at() > end) {
    ok = false;
    return {};
  }
  append(message.bytes(end - message.at()));
  return data;
}

bool decodeSection(WireReader& reader, uint16_t count, std::vector<Record>& section) {
  for (uint16_t i = 0; i < count; i++) {
    KJ_IF_MAYBE (raw, decodeRecord(reader)) {
      if (raw->type == TYPE_OPT) continue;
      bool ok = true;
      auto data = expandNames(*raw, reader, ok);
      if (!ok) return false;
      section.push_back({kj::mv(raw->owner), raw->type, raw->klass, raw->ttl, kj::mv(data)});
    } else {
      return false;
    }
  }
  return true;
}

kj::ArrayPtr<const kj::byte> bytesOf(const std::string& data) {
  return {reinterpret_cast<const kj::byte*>(data.data()), data.size()};
}

kj::Maybe<Name> targetOf(const Record& cname) {
  WireReader reader(bytesOf(cname.data));
  return Name::decode(reader);
}

class Gathering {
public:
  Gathering(const Question& question, const Answer& answer) : question(question), answer(answer) {}

  Given gather() {
    Name owner = question.name;
    while (result.chain.size() < MAX_CHAIN) {
      takeAddresses(owner);
      auto next = follow(owner);
      KJ_IF_MAYBE (target, next) {
        result.chain.push_back(*target);
        owner = kj::mv(*target);
      } else {
        break;
      }
    }
    result.ttl = smallest == UINT32_MAX ? 0 : smallest;
    return kj::mv(result);
  }

private:
  const Question& question;
  const Answer& answer;
  Given result;
  uint32_t smallest = UINT32_MAX;

  kj::Maybe<Name> follow(const Name& owner) {
    if (question.type == TYPE_CNAME) return nullptr;  // it was asked for, not gone along
    for (auto& record : answer.answer)
      if (record.type == TYPE_CNAME && record.klass == CLASS_IN && record.owner == owner) {
        smallest = std::min(smallest, record.ttl);
        return targetOf(record);
      }
    return nullptr;
  }

  void takeAddresses(const Name& owner) {
    for (auto& record : answer.answer) {
      if (record.klass != CLASS_IN || !(record.owner == owner)) continue;
      KJ_IF_MAYBE (address, addressIn(record))
        take(*address, record.ttl);
      else if (record.type == TYPE_SVCB || record.type == TYPE_HTTPS)
        takeHints(record);
    }
  }

  void takeHints(const Record& record) {
    // RFC 9460, 2.2 and 7.3: priority, target, then key, length and value.
    constexpr uint16_t KEY_IPV4_HINT = 4, KEY_IPV6_HINT = 6;
    WireReader reader(bytesOf(record.data));
    reader.u16();
    if (Name::decode(reader) == nullptr) return;
    while (reader.ok() && reader.left() > 0) {
      uint16_t key = reader.u16();
      auto value = reader.bytes(reader.u16());
      if (key == KEY_IPV4_HINT)
        for (size_t i = 0; i + 4 <= value.size(); i += 4)
          take(Address::fromV4(value.begin() + i), record.ttl);
      if (key == KEY_IPV6_HINT)
        for (size_t i = 0; i + 16 <= value.size(); i += 16)
          take(Address::fromV6(value.begin() + i), record.ttl);
    }
  }

  void take(const Address& address, uint32_t ttl) {
    auto& all = result.addresses;
    if (all.size() >= MAX_ADDRESSES) return;
    smallest = std::min(smallest, ttl);
    if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
  }
};

}  // namespace

QueryReading readQuery(kj::ArrayPtr<const kj::byte> message) {
  QueryReading reading;
  WireReader reader(message);
  Header header = Header::decode(reader);
  if (!reader.ok() || (header.flags & FLAG_RESPONSE) != 0) return reading;
  Query& query = reading.query;
  query.id = header.id;
  query.opcode = header.opcode();
  query.recursionDesired = (header.flags & FLAG_RECURSION_DESIRED) != 0;
  query.checkingDisabled = (header.flags & FLAG_CHECKING_DISABLED) != 0;
  query.authenticData = (header.flags & FLAG_AUTHENTIC) != 0;

  if (query.opcode != 0) return reject(kj::mv(reading), RCODE_NOTIMP);
  if (header.questions != 1) return reject(kj::mv(reading), RCODE_FORMERR);
  query.question = decodeQuestion(reader);
  KJ_IF_MAYBE (question, query.question) {
    // IXFR alone puts a record into the authority section (RFC 1995, 3).
    if (question->type == TYPE_IXFR) return reject(kj::mv(reading), RCODE_REFUSED);
    if (header.answers != 0 || header.authorities != 0 ||
        !decodeAdditional(reader, header.additionals, query))
      return reject(kj::mv(reading), RCODE_FORMERR);
    Question asked = *question;
    return judge(kj::mv(reading), asked);
  }
  return reject(kj::mv(reading), RCODE_FORMERR);
}

kj::Maybe<Answer> readAnswer(kj::ArrayPtr<const kj::byte> message) {
  WireReader reader(message);
  Header header = Header::decode(reader);
  if (!reader.ok() || (header.flags & FLAG_RESPONSE) == 0) return nullptr;
  for (uint16_t i = 0; i < header.questions; i++)
    if (decodeQuestion(reader) == nullptr) return nullptr;
  Answer answer;
  answer.rcode = header.flags & 0xf;
  answer.truncated = (header.flags & FLAG_TRUNCATED) != 0;
  if (!decodeSection(reader, header.answers, answer.answer) ||
      !decodeSection(reader, header.authorities, answer.authority) ||
      !decodeSection(reader, header.additionals, answer.additional))
    return nullptr;
  return kj::mv(answer);
}

NamesInData namesInData(uint16_t type) {
  switch (type) {
    case TYPE_NS:
    case TYPE_MD:
    case TYPE_MF:
    case TYPE_CNAME:
    case TYPE_MB:
    case TYPE_MG:
    case TYPE_MR:
    case TYPE_PTR:
      return {0, 1};
    case TYPE_SOA:
    case TYPE_MINFO:
      return {0, 2};
    case TYPE_MX:
      return {2, 1};
    default:
      return {};
  }
}

kj::Maybe<Address> addressIn(const Record& record) {
  if (record.type == TYPE_A && record.data.size() == 4) return Address::fromV4(record.data.data());
  if (record.type == TYPE_AAAA && record.data.size() == 16)
    return Address::fromV6(record.data.data());
  return nullptr;
}

Given given(const Question& question, const Answer& answer) {
  return Gathering(question, answer).gather();
}

}  // namespace portreeve::resolver
