// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-clock.h"

#include "common/log.h"
#include "policy/suite-start.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <set>

namespace portreeve::policy {
namespace {

constexpr int64_t LEAST_JUMP = 1'000'000'000;  // less is the clock being disciplined (adjtimex(2))

std::string own(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

}  // namespace

RuleClock::RuleClock(Clock& wall, Clock& sinceBoot, DurableFolder& state)
    : wall(wall), sinceBoot(sinceBoot), state(state), boot(bootId()), offset(offsetNow()) {}

void RuleClock::restore() {
  KJ_IF_MAYBE (content, state.read(FILE_NAME)) {
    try {
      auto root = toml::parse(std::string_view(content->text.begin(), content->text.size()));
      if (root["boot"].value_or(std::string_view()) != std::string_view(boot.cStr())) return;
      offset = root["offset"].value_or(offset);
      const toml::array* list = root["aged"].as_array();
      if (list == nullptr) return;
      for (auto& node : *list) {
        const toml::table* one = node.as_table();
        if (one == nullptr) continue;
        aged[{(*one)["file"].value_or(std::string()),
              uint64_t((*one)["written"].value_or(int64_t(0)))}] =
            uint64_t((*one)["now"].value_or(int64_t(0)));
      }
    } catch (const toml::parse_error&) {
      log::warning(
          kj::str(state.fullPath(FILE_NAME),
                  " is not what policy has written: rules that last a while are counted by "
                  "their files' times"));
    }
  }
}

void RuleClock::age(RuleSources& sources) const {
  for (auto& source : sources) {
    auto found = aged.find({own(source.file), source.writtenNs});
    if (found != aged.end()) source.writtenNs = found->second;
  }
}

int64_t RuleClock::jump(RuleSources& known) {
  int64_t delta = offsetNow() - offset;
  if (delta > -LEAST_JUMP && delta < LEAST_JUMP) return 0;
  offset += delta;
  std::set<Key> counted;
  for (auto& [key, now] : aged)
    for (auto& source : known)
      if (key.first == own(source.file) && now == source.writtenNs) {
        now += uint64_t(delta);
        counted.insert({key.first, now});
        break;
      }
  for (auto& source : known) {
    uint64_t before = source.writtenNs;
    source.writtenNs += uint64_t(delta);
    if (counted.count({own(source.file), source.writtenNs}) == 0)
      aged[{own(source.file), before}] = source.writtenNs;
  }
  return delta;
}

void RuleClock::keep(kj::ArrayPtr<const rules::RuleSource> known) {
  auto fresh = text(known);
  if (fresh == kept) return;
  kept = kj::str(fresh);
  keeping =
      state.replace(FILE_NAME, FileContent{kj::mv(fresh)}).eagerlyEvaluate([](kj::Exception&& e) {
        log::exception("keeping what the clock was set by", e);
      });
}

kj::String RuleClock::text(kj::ArrayPtr<const rules::RuleSource> known) const {
  std::set<Key> present;
  for (auto& source : known) present.insert({own(source.file), source.writtenNs});
  kj::Vector<kj::String> lines;
  lines.add(kj::str(
      "# By how much files were aged when the clock was set. Changing something here has no use.\n"
      "boot = ",
      quoted(boot), "\noffset = ", offset, '\n'));
  for (auto& [key, now] : aged)
    if (present.count({key.first, now}) != 0)
      lines.add(kj::str("\n[[aged]]\nfile = ", quoted(key.first.c_str()),
                        "\nwritten = ", key.second, "\nnow = ", now, '\n'));
  return kj::strArray(lines, "");
}

}  // namespace portreeve::policy
