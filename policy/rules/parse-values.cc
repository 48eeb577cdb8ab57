// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/parse-values.h"

#include <charconv>
#include <chrono>

namespace portreeve::rules {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;
constexpr unsigned MOST_DIGITS = 9;

kj::Maybe<uint32_t> parseDigits(kj::ArrayPtr<const char> digits) {
  if (digits.size() == 0 || digits.size() > MOST_DIGITS) return nullptr;
  uint32_t number = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return nullptr;
    number = number * 10 + uint32_t(c - '0');
  }
  return number;
}

kj::Maybe<uint16_t> portNumber(kj::ArrayPtr<const char> digits) {
  KJ_IF_MAYBE (number, parseDigits(digits)) {
    if (*number >= 1 && *number <= 65535) return uint16_t(*number);
  }
  return nullptr;
}

kj::Maybe<PortRange> portRange(kj::StringPtr text) {
  KJ_IF_MAYBE (dash, text.findFirst('-')) {
    KJ_IF_MAYBE (first, portNumber(text.slice(0, *dash))) {
      KJ_IF_MAYBE (last, portNumber(text.slice(*dash + 1))) {
        if (*first <= *last) return PortRange{*first, *last};
      }
    }
    return nullptr;
  }
  return portNumber(text).map([](uint16_t port) { return PortRange{port, port}; });
}

kj::StringPtr whyNoLabel(kj::ArrayPtr<const char> label) {
  if (label.size() == 0) return "has an empty label (two dots, or one at the front)";
  if (label.size() > 63) return "has a label of more than 63 characters";
  for (char c : label) {
    if (c == '*') return "has a \"*\" elsewhere than in \"*.\" at the front";
    if (uint8_t(c) >= 0x80)
      return "has letters outside ASCII: write it as programs ask for it, \"xn--…\"";
    bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!good) return "has a character that names do not have";
  }
  return nullptr;
}

kj::StringPtr whyNoName(kj::StringPtr name) {
  if (name.size() > 253) return "is longer than a name can be (253)";
  size_t start = 0;
  for (size_t i = 0; i <= name.size(); i++) {
    if (i < name.size() && name[i] != '.') continue;
    kj::StringPtr wrong = whyNoLabel(name.slice(start, i));
    if (wrong != nullptr) return wrong;
    start = i + 1;
  }
  return nullptr;
}

kj::String lowerCase(kj::StringPtr text) {
  kj::String lower = kj::str(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
  return lower;
}

__extension__ using Wide = unsigned __int128;

Wide wide(const Address& address) {
  return Wide(address.upper()) << 64 | address.lower();
}

void addRange(Wide first, Wide last, kj::Vector<Network>& networks) {
  // The largest network that begins at `first` and does not reach past `last`, again and again.
  while (true) {
    unsigned bits = 0;
    while (bits < 128 && (first >> bits & 1) == 0 && bits < 127) {
      Wide behind = (Wide(1) << (bits + 1)) - 1;
      if (last - first < behind) break;
      bits++;
    }
    networks.add(
        Network{Address::fromHalves(uint64_t(first >> 64), uint64_t(first)), uint8_t(128 - bits)});
    Wide end = first + ((Wide(1) << bits) - 1);
    if (end >= last) return;
    first = end + 1;
  }
}

kj::String masked(const Address& address, unsigned prefix) {
  Network network{address, uint8_t(prefix)};
  for (unsigned bit = prefix; bit < 128; bit++)
    network.base.bytes[bit / 8] &= uint8_t(~(0x80 >> bit % 8));
  return network.toString();
}

}  // namespace

kj::Maybe<kj::String> nameOfSet(const toml::node& value) {
  const toml::value<std::string>* text = value.as_string();
  if (text == nullptr || text->get().size() < 2 || text->get()[0] != '@') return nullptr;
  return copyText(std::string_view(text->get()).substr(1));
}

kj::Maybe<kj::String> textOrNumber(const toml::node& value) {
  if (value.is_string()) return kj::str(toText(value.as_string()->get()));
  if (value.is_integer()) return kj::str(value.as_integer()->get());
  return nullptr;
}

kj::String shown(const toml::node& value) {
  if (value.is_string()) return kj::str('"', toText(value.as_string()->get()), '"');
  KJ_IF_MAYBE (text, textOrNumber(value)) {
    return kj::mv(*text);
  }
  return kj::str("this value");
}

kj::Vector<Glob> parseGlobs(const toml::node& node, Glob::Style style, Complaints& complaints) {
  kj::Vector<Glob> globs;
  eachText(node, "a pattern", complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             auto parsed = Glob::parse(text, style);
             KJ_IF_MAYBE (glob, parsed.glob)
               globs.add(kj::mv(*glob));
             else
               complaints.at(where, kj::str("pattern \"", text, "\": ", parsed.reason));
           });
  return globs;
}

kj::Vector<Regex> parseRegexes(const toml::node& node, kj::StringPtr key, Complaints& complaints) {
  kj::Vector<Regex> regexes;
  eachText(node, key, complaints, [&](kj::StringPtr text, const toml::source_region& where) {
    auto parsed = Regex::parse(text);
    KJ_IF_MAYBE (regex, parsed.regex)
      regexes.add(kj::mv(*regex));
    else
      complaints.at(where, kj::str("expression \"", text, "\": ", parsed.reason));
  });
  return regexes;
}

bool parseNetworks(kj::StringPtr text, kj::Vector<Network>& networks) {
  KJ_IF_MAYBE (network, Network::parse(text)) {
    networks.add(*network);
    return true;
  }
  KJ_IF_MAYBE (dash, text.findFirst('-')) {
    auto first = Address::parse(kj::str(text.slice(0, *dash)));
    auto last = Address::parse(text.slice(*dash + 1));
    KJ_IF_MAYBE (from, first) {
      KJ_IF_MAYBE (to, last) {
        if (from->isV4() != to->isV4() || wide(*from) > wide(*to)) return false;
        addRange(wide(*from), wide(*to), networks);
        return true;
      }
    }
  }
  return false;
}

kj::Maybe<PortRange> parsePorts(const toml::node& value, Complaints& complaints) {
  KJ_IF_MAYBE (text, textOrNumber(value)) {
    KJ_IF_MAYBE (range, portRange(*text)) {
      return *range;
    }
  }
  complaints.at(
      value.source(),
      kj::str(shown(value), " is no port: take a number from 1 to 65535, or \"8000-8100\""));
  return nullptr;
}

kj::Maybe<kj::String> parseSha256(kj::StringPtr text) {
  constexpr size_t DIGITS = 64;
  if (text.size() != DIGITS) return nullptr;
  auto lower = kj::str(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'F') c = char(c - 'A' + 'a');
    bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!digit) return nullptr;
  }
  return kj::mv(lower);
}

kj::Maybe<Instance> parseInstance(kj::StringPtr text) {
  KJ_IF_MAYBE (at, text.findFirst('@')) {
    Instance one{0, 0};
    const char* middle = text.begin() + *at;
    auto pid = std::from_chars(text.begin(), middle, one.pid);
    auto start = std::from_chars(middle + 1, text.end(), one.startTicks);
    bool good = pid.ec == std::errc() && pid.ptr == middle && start.ec == std::errc() &&
                start.ptr == text.end();
    if (good && one.pid > 0) return one;
  }
  return nullptr;
}

kj::Maybe<DomainPattern> parseDomain(kj::StringPtr text, const toml::source_region& where,
                                     Complaints& complaints) {
  using Kind = DomainPattern::Kind;
  if (text == "none") return DomainPattern{Kind::NONE, kj::str()};
  if (text.startsWith("/")) {
    if (text.size() < 3 || !text.endsWith("/")) {
      complaints.at(where,
                    kj::str("domain \"", text, "\": an expression stands between two \"/\""));
      return nullptr;
    }
    auto parsed = Regex::parse(kj::heapString(text.slice(1, text.size() - 1)));
    KJ_IF_MAYBE (regex, parsed.regex) return DomainPattern{Kind::REGEX, kj::str(), kj::mv(*regex)};
    complaints.at(where, kj::str("domain \"", text, "\": ", parsed.reason));
    return nullptr;
  }
  Kind kind = Kind::EXACT;
  size_t skip = 0;
  if (text.startsWith("*."))
    kind = Kind::SUBDOMAINS, skip = 2;
  else if (text.startsWith("."))
    kind = Kind::BOTH, skip = 1;
  kj::String name = lowerCase(text.slice(skip));
  if (name.endsWith(".")) name = kj::heapString(name.slice(0, name.size() - 1));
  kj::StringPtr wrong = whyNoName(name);
  if (wrong == nullptr) return DomainPattern{kind, kj::mv(name)};
  complaints.at(where, kj::str("domain \"", text, "\" ", wrong));
  return nullptr;
}

kj::String whyNoNetwork(kj::StringPtr text) {
  if (text.findFirst('-') != nullptr && text.findFirst('/') == nullptr)
    return kj::str("\"", text,
                   "\" is no range: two addresses of one family, the smaller first, "
                   "like \"192.0.2.5-192.0.2.90\"");
  KJ_IF_MAYBE (slash, text.findFirst('/')) {
    kj::String front = kj::str(text.slice(0, *slash));
    KJ_IF_MAYBE (base, Address::parse(front)) {
      bool v4 = front.findFirst(':') == nullptr;
      KJ_IF_MAYBE (bits, parseDigits(text.slice(*slash + 1))) {
        if (*bits <= (v4 ? 32u : 128u))
          return kj::str("network \"", text, "\" has bits set behind its prefix: write \"",
                         masked(*base, v4 ? *bits + 96 : *bits), '"');
      }
      return kj::str("network \"", text, "\" has no good prefix: ", v4 ? "0 to 32" : "0 to 128");
    }
  }
  return kj::str(
      '"', text,
      "\" is no address or network: write \"192.0.2.1\", \"192.0.2.0/24\" or \"2001:db8::/32\"");
}

kj::Maybe<uint64_t> parseTime(const toml::node& value, Complaints& complaints) {
  const toml::value<toml::date_time>* when = value.as_date_time();
  if (when == nullptr || !when->get().offset) {
    complaints.at(
        value.source(),
        kj::str(
            "this wants a date and time with its offset, without quotes: 2027-01-01T00:00:00Z"));
    return nullptr;
  }
  auto& [date, time, offset] = when->get();
  using namespace std::chrono;
  sys_days day = year(date.year) / date.month / date.day;
  int64_t seconds = duration_cast<std::chrono::seconds>(day.time_since_epoch()).count() +
                    int64_t(time.hour) * 3600 + int64_t(time.minute) * 60 + time.second -
                    int64_t(offset->minutes) * 60;
  // A rule may end in the past, not before there was time; and 64 bits of nanoseconds reach to
  // 2554.
  int64_t latest = int64_t(UINT64_MAX / SECOND) - 1;
  if (seconds < 1 || seconds > latest) {
    complaints.at(value.source(), kj::str("this must be between 1970 and 2554"));
    return nullptr;
  }
  return uint64_t(seconds) * SECOND + time.nanosecond;
}

kj::Maybe<uint64_t> parseDuration(const toml::node& value, Complaints& complaints) {
  struct Unit {
    char letter;
    uint64_t seconds;
  };
  static constexpr Unit UNITS[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  // Ten years: longer is no "for", and the sum with any present time fits.
  static constexpr uint64_t LONGEST = 3650ull * 86400;
  if (value.is_string() && value.as_string()->get().size() >= 2) {
    kj::StringPtr text = toText(value.as_string()->get());
    for (auto& unit : UNITS) {
      if (text[text.size() - 1] != unit.letter) continue;
      KJ_IF_MAYBE (count, parseDigits(text.slice(0, text.size() - 1))) {
        if (*count >= 1 && *count <= LONGEST / unit.seconds) return *count * unit.seconds * SECOND;
      }
    }
  }
  complaints.at(
      value.source(),
      kj::str("for wants a time like \"30s\", \"5m\", \"2h\" or \"7d\", ten years at most"));
  return nullptr;
}

}  // namespace portreeve::rules
