// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"
#include "policy/rules/rule.h"

#include <string_view>

namespace portreeve::rules {
namespace {

class ListOperand final : public Operand {
public:
  ListOperand(kj::Vector<kj::Own<SharedList>> lists, NameSource widest)
      : Operand("list", Cost::TEXT), lists(kj::mv(lists)), widest(widest) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.domain) return Match::MAYBE;
    return toMatch(namedBy(facts) != nullptr);
  }

  const DomainFact* namedBy(const FlowFacts& facts) const override {
    NameSource rung = nearestSource(facts);
    if (rung > widest) return nullptr;
    for (auto& fact : facts.domains)
      if (fact.source == rung && listedBy(fact.name) != nullptr) return &fact;
    return nullptr;
  }

  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(list, lists) { return kj::StringPtr(list->title); }, ", ");
  }

  kj::String found(const FlowFacts& facts) const override {
    kj::Vector<kj::String> parts;
    for (auto& fact : facts.domains) {
      const SharedList* list = listedBy(fact.name);
      parts.add(list == nullptr ? kj::str(fact.name, " on none")
                                : kj::str(fact.name, " on ", list->title));
    }
    for (auto& list : lists)
      if (list->names == nullptr) parts.add(kj::str("list ", list->title, " is not there"));
    return parts.empty() ? kj::str("no name") : kj::strArray(parts, ", ");
  }

  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    auto& narrower = static_cast<const ListOperand&>(other);
    if (widest != narrower.widest) return false;
    for (auto& theirs : narrower.lists)
      if (!has(theirs->title)) return false;
    return true;
  }

private:
  kj::Vector<kj::Own<SharedList>> lists;
  NameSource widest;

  const SharedList* listedBy(kj::StringPtr name) const {
    for (auto& list : lists)
      KJ_IF_MAYBE (names, list->names)
        if ((*names)->find(std::string_view(name.begin(), name.size())).listed) return list.get();
    return nullptr;
  }

  bool has(kj::StringPtr title) const {
    for (auto& list : lists)
      if (list->title == title) return true;
    return false;
  }
};

}  // namespace

kj::Own<Operand> listOperand(kj::Vector<kj::Own<SharedList>> lists, NameSource widest) {
  return kj::heap<ListOperand>(kj::mv(lists), widest);
}

}  // namespace portreeve::rules
