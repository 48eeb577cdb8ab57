// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/geography.h"

#include "policy/rules/nearest.h"
#include "policy/rules/toml-value.h"

#include <maxminddb.h>
#include <string.h>

namespace portreeve::rules {
namespace {

class Database {
public:
  Database() = default;
  ~Database() { close(); }
  KJ_DISALLOW_COPY(Database);

  kj::Maybe<kj::String> open(kj::StringPtr path) {
    close();
    int status = MMDB_open(path.cStr(), MMDB_MODE_MMAP, &opened);
    isOpen = status == MMDB_SUCCESS;
    if (isOpen) return nullptr;
    if (status == MMDB_IO_ERROR || status == MMDB_FILE_OPEN_ERROR)
      return kj::str(path, ": ", strerror(errno));
    return kj::str(path, ": ", MMDB_strerror(status));
  }

  bool there() const { return isOpen; }

  template <typename... Path>
  bool look(const Address& address, MMDB_entry_data_s& data, Path... path) const {
    if (!isOpen) return false;
    sockaddr_storage storage{};
    address.toSockaddr(0, storage);
    int status = MMDB_SUCCESS;
    auto found =
        MMDB_lookup_sockaddr(&opened, reinterpret_cast<const sockaddr*>(&storage), &status);
    if (status != MMDB_SUCCESS || !found.found_entry) return false;
    return MMDB_get_value(&found.entry, &data, path..., nullptr) == MMDB_SUCCESS && data.has_data;
  }

private:
  MMDB_s opened{};
  bool isOpen = false;

  void close() {
    if (isOpen) MMDB_close(&opened);
    isOpen = false;
  }
};

template <typename Value>
struct Remembered {
  bool any = false;
  Address address;
  kj::Maybe<Value> value;
};

kj::String beside(kj::StringPtr file, kj::StringPtr path) {
  KJ_IF_MAYBE (slash, file.findLast('/')) {
    if (!path.startsWith("/")) return kj::str(file.slice(0, *slash + 1), path);
  }
  return kj::str(path);
}

}  // namespace

struct Geography::Databases {
  Database countries;
  Database numbers;
  Remembered<Country> country;
  Remembered<uint32_t> number;
};

kj::Maybe<Country> Country::parse(kj::StringPtr text) {
  if (text.size() != 2) return nullptr;
  Country country{};
  for (unsigned i = 0; i < 2; i++) {
    char upper = char(text[i] & ~0x20);
    if (upper < 'A' || upper > 'Z') return nullptr;
    country.letters[i] = upper;
  }
  return country;
}

Geography::Geography() : databases(kj::heap<Databases>()) {}
Geography::~Geography() noexcept(false) = default;

kj::Maybe<kj::String> Geography::openCountries(kj::StringPtr path) {
  databases->country = {};
  return databases->countries.open(path);
}
kj::Maybe<kj::String> Geography::openNumbers(kj::StringPtr path) {
  databases->number = {};
  return databases->numbers.open(path);
}
bool Geography::hasCountries() const {
  return databases->countries.there();
}
bool Geography::hasNumbers() const {
  return databases->numbers.there();
}

kj::Maybe<Country> Geography::countryOf(const Address& address) const {
  auto& last = const_cast<Databases&>(*databases).country;
  if (last.any && last.address == address) return last.value;
  last = {true, address, nullptr};
  MMDB_entry_data_s data;
  // Where a network is registered stands in for where it is, if nothing better is known.
  bool found = databases->countries.look(address, data, "country", "iso_code") ||
               databases->countries.look(address, data, "registered_country", "iso_code");
  if (found && data.type == MMDB_DATA_TYPE_UTF8_STRING && data.data_size == 2)
    last.value = Country{{data.utf8_string[0], data.utf8_string[1]}};
  return last.value;
}

kj::Maybe<uint32_t> Geography::asnOf(const Address& address) const {
  auto& last = const_cast<Databases&>(*databases).number;
  if (last.any && last.address == address) return last.value;
  last = {true, address, nullptr};
  MMDB_entry_data_s data;
  if (databases->numbers.look(address, data, "autonomous_system_number") &&
      data.type == MMDB_DATA_TYPE_UINT32)
    last.value = data.uint32;
  return last.value;
}

kj::Maybe<kj::String> Geography::organizationOf(const Address& address) const {
  MMDB_entry_data_s data;
  if (!databases->numbers.look(address, data, "autonomous_system_organization") ||
      data.type != MMDB_DATA_TYPE_UTF8_STRING)
    return nullptr;
  return kj::heapString(data.utf8_string, data.data_size);
}

void readDatabases(const RuleSource& source, Geography& geography, kj::Vector<Problem>& problems) {
  if (strstr(source.text.cStr(), "databases") == nullptr) return;
  NamedSets noSets;
  Complaints complaints(source.file, problems, noSets);
  try {
    auto root = toml::parse(std::string_view(source.text.begin(), source.text.size()));
    const toml::node* node = root.get("databases");
    if (node == nullptr) return;
    const toml::table* table = node->as_table();
    if (table == nullptr)
      return complaints.at(node->source(),
                           kj::str("write [databases], and below it country = \"…\""));
    static constexpr kj::StringPtr KEYS[] = {"country"_kj, "asn"_kj};
    for (auto&& [key, value] : *table) {
      auto word = copyText(key.str());
      bool isCountry = word == KEYS[0];
      if (!isCountry && word != KEYS[1]) {
        complaints.at(key.source(),
                      kj::str("unknown key \"databases.", word, '"', didYouMean(word, KEYS)));
        continue;
      }
      if (!value.is_string()) {
        complaints.at(value.source(), kj::str("this wants the path of a .mmdb file in quotes"));
        continue;
      }
      auto path = beside(source.file, toText(value.as_string()->get()));
      auto wrong = isCountry ? geography.openCountries(path) : geography.openNumbers(path);
      KJ_IF_MAYBE (reason, wrong) complaints.at(value.source(), kj::mv(*reason));
    }
  } catch (const toml::parse_error&) {
    return;  // said by who reads the rules
  }
}

}  // namespace portreeve::rules
