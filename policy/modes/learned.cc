// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/modes/learned.h"

#include "common/log.h"
#include "policy/failure.h"
#include "policy/rules/rule-set.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <string_view>

namespace portreeve::policy {
namespace {

constexpr auto BEFORE_SAVING = 2 * kj::SECONDS;
constexpr size_t MOST_COUNTED = 4096;
constexpr kj::StringPtr HEADING =
    "# Connections that were seen while learning, by kind. `portreeve learn review` makes rules of "
    "them.\n"_kj;

std::string own(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

bool wasLearned(const Judgement& judgement) {
  return judgement.origin == rules::MODE_FILE &&
         (judgement.rule == rules::LEARN_RULE || judgement.rule == rules::LEARN_ASKED_RULE);
}

LearnedKind kindOf(const Flow& flow) {
  auto& program = *flow.process.program;
  LearnedKind kind;
  kind.path = own(program.path);
  kind.uid = program.uid.orDefault(~0u);
  kind.in = flow.direction == rules::Direction::IN;
  kind.asked = flow.judgement.rule == rules::LEARN_ASKED_RULE;
  kind.blocked = flow.judgement.verdict == proto::Verdict::BLOCK ||
                 flow.judgement.verdict == proto::Verdict::BLOCK_ONCE;
  kind.protocol = flow.tuple.protocol;
  kind.port = kind.in ? flow.localPort() : flow.remotePort();
  kind.domain = own(flow.judgement.domain);
  if (kind.domain.empty()) kind.address = own(flow.remoteAddress().toString());
  return kind;
}

}  // namespace

Learned::Learned(FlowTable& flows, kj::Timer& timer, DurableFolder& state)
    : flows(flows),
      state(state),
      counted(MOST_COUNTED),
      saved(timer, state, FILE_NAME, BEFORE_SAVING, "keeping what was learned",
            [this]() { return learnedText(known); }) {
  flows.observe(*this);
}

Learned::~Learned() noexcept(false) {
  flows.stopObserving(*this);
}

void Learned::flowChanged(const Flow& flow) {
  if (!wasLearned(flow.judgement) || flow.process.program->path.size() == 0) return;
  if (!counted.add(flow.id)) return;
  auto kind = kindOf(flow);
  if (known.size() >= MOST && known.count(kind) == 0) {
    tooMany++;
    return;
  }
  auto& count = known[kind];
  if (count.connections++ == 0) count.firstNs = flow.startedNs;
  count.lastNs = flow.startedNs;
  saved.changed();
}

size_t Learned::forget() {
  size_t count = known.size();
  known.clear();
  tooMany = 0;
  saved.changed();
  return count;
}

void Learned::restore() {
  state.readOrSetAside(FILE_NAME, "learning begins anew",
                       [this](kj::StringPtr text) { known = parseLearned(text); });
}

kj::String learnedText(const LearnedKinds& kinds) {
  kj::Vector<kj::String> texts;
  for (auto& [kind, count] : kinds)
    texts.add(kj::str(
        "\n[[kind]]\npath = ", quoted(kind.path.c_str()), "\nuid = ", kind.uid,
        "\nin = ", kind.in ? "true" : "false", "\nasked = ", kind.asked ? "true" : "false",
        "\nblocked = ", kind.blocked ? "true" : "false", "\nprotocol = ", int(kind.protocol),
        "\nport = ", kind.port, "\ndomain = ", quoted(kind.domain.c_str()),
        "\naddress = ", quoted(kind.address.c_str()), "\nconnections = ", count.connections,
        "\nfirst = ", count.firstNs, "\nlast = ", count.lastNs, '\n'));
  return kj::str(HEADING, kj::strArray(texts, ""));
}

LearnedKinds parseLearned(kj::StringPtr text) {
  LearnedKinds kinds;
  try {
    auto root = toml::parse(std::string_view(text.begin(), text.size()));
    auto* list = root["kind"].as_array();
    if (list == nullptr) return kinds;
    for (auto& node : *list) {
      auto* table = node.as_table();
      if (table == nullptr || kinds.size() >= Learned::MOST) break;
      auto number = [&](const char* key) { return uint64_t((*table)[key].value_or(int64_t(0))); };
      auto words = [&](const char* key) { return (*table)[key].value_or(std::string()); };
      auto flag = [&](const char* key) { return (*table)[key].value_or(false); };
      LearnedKind kind{words("path"),
                       uint32_t(number("uid")),
                       flag("in"),
                       flag("asked"),
                       flag("blocked"),
                       uint8_t(number("protocol")),
                       uint16_t(number("port")),
                       words("domain"),
                       words("address")};
      kinds[kind] = LearnedCount{number("connections"), number("first"), number("last")};
    }
  } catch (const toml::parse_error& e) {
    fail("it is not what policy has written (line ", e.source().begin.line, ')');
  }
  return kinds;
}

}  // namespace portreeve::policy
