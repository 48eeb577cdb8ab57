// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/named-sets.h"

#include "policy/rules/nearest.h"
#include "policy/rules/toml-value.h"

#include <map>
#include <string>

namespace portreeve::rules {
namespace {

constexpr size_t DEEPEST = 8;  // a set that names a set that names …

bool isName(std::string_view name) {
  for (char c : name) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '_';
    if (!good) return false;
  }
  return !name.empty();
}

}  // namespace

struct NamedSets::Parts {
  struct Set {
    const toml::node* value;
    kj::String origin;  // "file:line"
  };
  kj::Vector<kj::Own<const toml::table>> files;
  std::map<std::string, Set, std::less<>> sets;
};

NamedSets::NamedSets(Completeness completeness)
    : completeness(completeness), parts(kj::heap<Parts>()) {}
NamedSets::~NamedSets() noexcept(false) = default;

void NamedSets::read(const RuleSource& source, kj::Vector<Problem>& problems) {
  Complaints complaints(source.file, problems, *this);
  try {
    kj::Own<const toml::table> root = kj::heap<toml::table>(
        toml::parse(std::string_view(source.text.begin(), source.text.size())));
    const toml::node* node = root->get("sets");
    if (node == nullptr) return;
    const toml::table* sets = node->as_table();
    if (sets == nullptr)
      return complaints.at(node->source(),
                           kj::str("write sets as [sets], and below it name = [ … ]"));
    for (auto&& [key, value] : *sets) {
      auto name = copyText(key.str());
      if (!isName(key.str()))
        complaints.at(
            key.source(),
            kj::str("a set's name has letters, digits, \"-\" and \"_\": not \"", name, '"'));
      auto [at, isNew] = parts->sets.emplace(
          std::string(key.str()),
          Parts::Set{&value, kj::str(source.file, ':', key.source().begin.line)});
      if (!isNew)
        complaints.at(key.source(), kj::str("a set named \"", name, "\" stands at ",
                                            at->second.origin, " already"));
    }
    parts->files.add(kj::mv(root));
  } catch (const toml::parse_error&) {
    return;  // said by who reads the rules
  }
}

kj::Array<kj::StringPtr> NamedSets::names() const {
  kj::Vector<kj::StringPtr> names;
  for (auto& [name, set] : parts->sets) names.add(toText(name));
  return names.releaseAsArray();
}

void Complaints::at(const toml::source_region& where, kj::String reason) {
  if (within.empty()) {
    problems.add(Problem{kj::str(file), where.begin.line, where.begin.column, kj::mv(reason)});
    return;
  }
  auto& outermost = within.front();
  problems.add(Problem{kj::str(file), outermost.namedAt.begin.line, outermost.namedAt.begin.column,
                       kj::str("in set \"", within.back().set, "\": ", reason)});
}

const toml::node* Complaints::enterSet(kj::StringPtr name, const toml::node& namedAt) {
  auto& all = sets.all().sets;
  auto found = all.find(std::string_view(name.begin(), name.size()));
  if (found == all.end()) {
    if (sets.complete())
      at(namedAt.source(), kj::str("there is no set \"", name, '"', didYouMean(name, sets.names()),
                                   sets.names().size() == 0 ? ": define it in [sets]" : ""));
    return nullptr;
  }
  if (within.size() == DEEPEST) {
    at(namedAt.source(), kj::str("sets that name sets are followed ", DEEPEST, " deep at most"));
    return nullptr;
  }
  within.add(Within{kj::str(name), namedAt.source()});
  return found->second.value;
}

}  // namespace portreeve::rules
