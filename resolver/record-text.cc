// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/record-text.h"

#include "common/address.h"
#include "common/dns-words.h"

#include <kj/encoding.h>
#include <kj/vector.h>

namespace portreeve::resolver {
namespace {

kj::ArrayPtr<const kj::byte> octetsOf(const std::string& data) {
  return {reinterpret_cast<const kj::byte*>(data.data()), data.size()};
}

kj::String unknown(const std::string& data) {
  return kj::str("\\# ", data.size(), ' ', kj::encodeHex(octetsOf(data)));
}

kj::String quoted(kj::ArrayPtr<const kj::byte> text) {
  kj::Vector<char> out;
  out.add('"');
  for (auto octet : text) {
    if (octet == '"' || octet == '\\') out.add('\\');
    if (octet >= ' ' && octet <= '~')
      out.add(char(octet));
    else
      out.addAll(kj::str('\\', octet / 100, octet / 10 % 10, octet % 10));
  }
  out.add('"');
  out.add('\0');
  return kj::String(out.releaseAsArray());
}

kj::String nameText(WireReader& reader) {
  KJ_IF_MAYBE (name, Name::decode(reader)) {
    auto text = name->text();
    return text == "." ? kj::mv(text) : kj::str(text, '.');
  }
  return kj::str("?");
}

kj::String dataText(const Record& record) {
  auto data = octetsOf(record.data);
  WireReader reader(data);
  switch (record.type) {
    case TYPE_A:
      if (data.size() == 4) return Address::fromV4(data.begin()).toString();
      break;
    case TYPE_AAAA:
      if (data.size() == 16) return Address::fromV6(data.begin()).toString();
      break;
    case TYPE_CNAME:
    case TYPE_NS:
    case TYPE_PTR:
      return nameText(reader);
    case TYPE_MX: {
      auto preference = reader.u16();
      return kj::str(preference, ' ', nameText(reader));
    }
    case TYPE_SOA: {
      auto server = nameText(reader);
      auto person = nameText(reader);
      kj::Vector<uint32_t> numbers;
      for (int i = 0; i < 5; i++) numbers.add(reader.u32());
      return kj::str(server, ' ', person, ' ', kj::strArray(numbers, " "));
    }
    case 16: {  // TXT
      kj::Vector<kj::String> parts;
      while (reader.ok() && reader.left() > 0) parts.add(quoted(reader.bytes(reader.u8())));
      return kj::strArray(parts, " ");
    }
    default:
      break;
  }
  return unknown(record.data);
}

}  // namespace

kj::String recordText(const Record& record) {
  auto owner = record.owner.text();
  return kj::str(owner, owner == "." ? "" : ".", ' ', record.ttl, ' ', dnsTypeText(record.type),
                 ' ', dataText(record));
}

}  // namespace portreeve::resolver
