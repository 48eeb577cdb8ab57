// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name-filter.h"

#include "common/log.h"

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr uint32_t REFUSAL_TTL = 10;  // seconds; a list may change

kj::Vector<kj::String> copied(kj::ArrayPtr<const kj::String> texts) {
  kj::Vector<kj::String> result;
  for (auto& text : texts) result.add(kj::str(text));
  return result;
}

kj::String shown(std::string_view text) {
  return kj::heapString(text.data(), text.size());
}

}  // namespace

NameFilter::NameFilter(const Settings::Resolver& settings, kj::StringPtr listsFolder)
    : with(settings.refuseWith),
      refusePrivate(settings.refusePrivate),
      used(copied(settings.refuseLists)),
      folder(listsFolder) {
  for (auto& text : settings.privateNames)
    KJ_IF_MAYBE (name, Name::parse(text.startsWith(".") ? text.slice(1) : kj::StringPtr(text)))
      privateNames.add(kj::mv(*name));
  refresh();
}

bool NameFilter::refresh() {
  bool changed = folder.refresh();
  for (auto& problem : folder.problems()) log::warning(problem);
  any = false;
  for (auto& title : used) any = any || folder.find(title) != nullptr;
  return changed;
}

bool NameFilter::isUsed(kj::StringPtr list) const {
  for (auto& title : used)
    if (title == list) return true;
  return false;
}

kj::Maybe<kj::String> NameFilter::refuses(std::string_view name) const {
  if (!any) return nullptr;
  for (auto& title : used)
    KJ_IF_MAYBE (list, folder.find(title)) {
      auto match = list->find(name);
      if (match.listed)
        return kj::str("refused by list \"", title, "\": ", match.below ? "*." : "",
                       shown(name.substr(match.at)));
    }
  return nullptr;
}

kj::Maybe<kj::String> NameFilter::refusesAnswer(std::string_view name,
                                                const PreparedAnswer& answer) const {
  if (any)
    for (auto& target : answer.chain)
      KJ_IF_MAYBE (why, refuses(target)) return kj::str(*why, " (an alias)");
  if (!refusePrivate) return nullptr;
  for (auto& address : answer.given.addresses) {
    auto scope = address.scope();
    if (scope != Scope::LAN && scope != Scope::LOCALHOST) continue;
    KJ_IF_MAYBE (asked, Name::parse(shown(name))) {
      if (mayBePrivate(*asked)) return nullptr;
      for (auto& exception : privateNames)
        if (asked->isWithin(exception)) return nullptr;
    }
    return kj::str("refused: the private address ", address.toString(),
                   " for a name from outside (resolver.private_names allows it)");
  }
  return nullptr;
}

Answer NameFilter::refusal(const Question& question) const {
  Answer answer;
  if (with == RefuseWith::NXDOMAIN) answer.rcode = RCODE_NXDOMAIN;
  if (with == RefuseWith::REFUSED) answer.rcode = RCODE_REFUSED;
  if (with != RefuseWith::ZERO) return answer;
  size_t size = question.type == TYPE_A ? 4 : question.type == TYPE_AAAA ? 16 : 0;
  if (size > 0)
    answer.answer.push_back(
        {question.name, question.type, CLASS_IN, REFUSAL_TTL, std::string(size, '\0')});
  return answer;
}

PreparedAnswer NameFilter::quickRefusal(kj::ArrayPtr<const kj::byte> question,
                                        uint16_t type) const {
  size_t data = with != RefuseWith::ZERO ? 0 : type == TYPE_A ? 4 : type == TYPE_AAAA ? 16 : 0;
  PreparedAnswer answer;
  answer.rcode = with == RefuseWith::NXDOMAIN  ? RCODE_NXDOMAIN
                 : with == RefuseWith::REFUSED ? RCODE_REFUSED
                                               : RCODE_NOERROR;
  answer.questionEnd = 12 + question.size();
  answer.additionalAt = answer.questionEnd + (data > 0 ? 12 + data : 0);
  answer.wire = kj::heapArray<kj::byte>(answer.additionalAt);
  auto* octets = answer.wire.begin();
  std::fill(octets, answer.wire.end(), 0);
  octets[5] = 1;
  if (data > 0) {
    octets[7] = 1;
    auto* record = octets + answer.questionEnd;
    const kj::byte start[12] = {
        0xc0,        12, kj::byte(type >> 8), kj::byte(type), 0, CLASS_IN, 0, 0, 0,
        REFUSAL_TTL, 0,  kj::byte(data)};
    std::copy(start, start + 12, record);
  }
  return answer;
}

}  // namespace portreeve::resolver
