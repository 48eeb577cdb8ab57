// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/operands.h"
#include "policy/rules/rule.h"

#include <kj/debug.h>

namespace portreeve::rules {
namespace {

constexpr kj::StringPtr NOTHING = "none"_kj;

kj::StringPtr orNothing(kj::StringPtr text) {
  return text.size() == 0 ? NOTHING : text;
}

kj::String patterns(const kj::Vector<Glob>& globs) {
  return kj::strArray(
      KJ_MAP(glob, globs) { return glob.pattern(); }, ", ");
}

void addLiterals(const kj::Vector<Glob>& globs, KeyKind kind, OperandKeys& keys) {
  for (auto& glob : globs) {
    KJ_IF_MAYBE (text, glob.literal()) {
      keys.add(kind, *text);
      continue;
    }
    // A pattern is found by the folder that it begins with.
    auto prefix = glob.literalPrefix();
    auto slash = prefix.findLast('/');
    if (kind != KeyKind::PATH || slash.orDefault(0) == 0) return keys.giveUp();
    KJ_IF_MAYBE (at, slash) keys.add(KeyKind::PATH_BELOW, prefix.slice(0, *at + 1));
  }
}

class TextOperand : public Operand {
  // One text of the process against patterns; an empty text matches none.
public:
  using Text = kj::StringPtr ProcessFacts::*;

  TextOperand(kj::StringPtr key, Text text, kj::Vector<Glob> globs,
              kj::Maybe<KeyKind> kind = nullptr)
      : Operand(key, Cost::TEXT), text(text), globs(kj::mv(globs)), kind(kind) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.process) return Match::MAYBE;
    kj::StringPtr has = facts.process.*text;
    return toMatch(has.size() != 0 && anyMatches(globs, has));
  }
  kj::String wanted() const override { return patterns(globs); }
  kj::String found(const FlowFacts& facts) const override {
    return kj::str(orNothing(facts.process.*text));
  }
  bool covers(const Operand& other) const override {
    return key == other.key && rules::covers(globs, static_cast<const TextOperand&>(other).globs);
  }
  void addKeys(OperandKeys& keys) const override {
    KJ_IF_MAYBE (usual, kind) addLiterals(globs, *usual, keys);
  }

private:
  Text text;
  kj::Vector<Glob> globs;
  kj::Maybe<KeyKind> kind;
};

constexpr kj::StringPtr PROCESS = "process."_kj;

const struct {
  kj::StringPtr key;
  TextOperand::Text of;
  kj::Maybe<KeyKind> kind = nullptr;
} TEXTS[] = {
    {"process.name"_kj, &ProcessFacts::name, KeyKind::NAME},
    {"process.cmdline"_kj, &ProcessFacts::commandLine},
    {"process.cgroup"_kj, &ProcessFacts::cgroup},
    {"process.unit"_kj, &ProcessFacts::unit, KeyKind::UNIT},
    {"process.slice"_kj, &ProcessFacts::slice},
    {"process.container"_kj, &ProcessFacts::container},
    {"process.container_runtime"_kj, &ProcessFacts::containerRuntime},
    {"process.pod"_kj, &ProcessFacts::pod},
    {"process.flatpak"_kj, &ProcessFacts::flatpak},
    {"process.snap"_kj, &ProcessFacts::snap},
    {"process.appimage"_kj, &ProcessFacts::appImage},
    {"process.script"_kj, &ProcessFacts::script},
};

bool isHostFile(ProcessKind kind) {
  // A path is worth something only where the file is the host's: a mount namespace puts any
  // program at any path.
  return kind == ProcessKind::PROGRAM || kind == ProcessKind::REPLACED;
}

class PathOperand final : public TextOperand {
public:
  explicit PathOperand(kj::Vector<Glob> globs)
      : TextOperand("process.path", &ProcessFacts::path, kj::mv(globs), KeyKind::PATH) {}

  Match test(const FlowFacts& facts) const override {
    if (facts.known.process && !isHostFile(facts.process.kind)) return Match::NO;
    return TextOperand::test(facts);
  }
  kj::String found(const FlowFacts& facts) const override {
    if (isHostFile(facts.process.kind)) return TextOperand::found(facts);
    return kj::str(orNothing(facts.process.path), " (", toText(facts.process.kind), ')');
  }
};

class ExaminedOperand final : public TextOperand {
public:
  ExaminedOperand(kj::StringPtr key, Text text, kj::Vector<Glob> globs)
      : TextOperand(key, text, kj::mv(globs)) {}

  Match test(const FlowFacts& facts) const override {
    return facts.process.examined ? TextOperand::test(facts) : Match::MAYBE;
  }
  kj::String found(const FlowFacts& facts) const override {
    return facts.process.examined ? TextOperand::found(facts) : kj::str("not known yet");
  }
};

class ParentOperand final : public Operand {
public:
  explicit ParentOperand(kj::Vector<Glob> globs)
      : Operand("process.parent", Cost::TEXT), globs(kj::mv(globs)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.process) return Match::MAYBE;
    for (auto parent : facts.process.parents)
      if (parent.size() != 0 && anyMatches(globs, parent)) return Match::YES;
    return Match::NO;
  }
  kj::String wanted() const override { return patterns(globs); }
  kj::String found(const FlowFacts& facts) const override {
    return kj::str(orNothing(kj::strArray(facts.process.parents, ", ")));
  }
  bool covers(const Operand& other) const override {
    return key == other.key && rules::covers(globs, static_cast<const ParentOperand&>(other).globs);
  }
  void addKeys(OperandKeys& keys) const override { addLiterals(globs, KeyKind::PARENT, keys); }

private:
  kj::Vector<Glob> globs;
};

constexpr ProcessKind KINDS[] = {ProcessKind::PROGRAM,      ProcessKind::REPLACED,
                                 ProcessKind::FOREIGN_ROOT, ProcessKind::KERNEL,
                                 ProcessKind::NO_SOCKET,    ProcessKind::UNKNOWN};

class KindOperand final : public Operand {
public:
  explicit KindOperand(KindSet kinds) : Operand("process.kind", Cost::COMPARE), set(kinds) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.process) return Match::MAYBE;
    return toMatch(has(facts.process.kind) || (set.suite && facts.process.suite));
  }
  kj::String wanted() const override {
    kj::Vector<kj::StringPtr> words;
    for (auto kind : KINDS)
      if (has(kind)) words.add(toText(kind));
    if (set.suite) words.add("suite");
    return kj::strArray(words, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    return kj::str(toText(facts.process.kind), facts.process.suite ? ", suite" : "");
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    auto& narrower = static_cast<const KindOperand&>(other).set;
    return (narrower.kinds & ~set.kinds) == 0 && (set.suite || !narrower.suite);
  }
  void narrow(Gate& gate) const override {
    uint32_t taken = 0;
    for (auto kind : KINDS)
      for (bool suite : {false, true})
        if (has(kind) || (set.suite && suite)) taken |= 1u << Gate::kindBit(kind, suite);
    gate.only(Gate::KIND, 2 * Gate::KINDS, taken);
  }

private:
  KindSet set;
  bool has(ProcessKind kind) const { return (set.kinds >> unsigned(kind) & 1) != 0; }
};

class RegexOperand final : public Operand {
public:
  explicit RegexOperand(kj::Vector<Regex> patterns)
      : Operand("process.cmdline_regex", Cost::TEXT), patterns(kj::mv(patterns)) {}

  Match test(const FlowFacts& facts) const override {
    if (!facts.known.process) return Match::MAYBE;
    if (facts.process.commandLine.size() == 0) return Match::NO;
    for (auto& pattern : patterns)
      if (pattern.matches(facts.process.commandLine)) return Match::YES;
    return Match::NO;
  }
  kj::String wanted() const override {
    return kj::strArray(
        KJ_MAP(pattern, patterns) { return pattern.pattern(); }, ", ");
  }
  kj::String found(const FlowFacts& facts) const override {
    return kj::str(orNothing(facts.process.commandLine));
  }
  bool covers(const Operand& other) const override {
    if (key != other.key) return false;
    for (auto& theirs : static_cast<const RegexOperand&>(other).patterns)
      if (!has(theirs.pattern())) return false;
    return true;
  }

private:
  kj::Vector<Regex> patterns;

  bool has(kj::StringPtr wanted) const {
    for (auto& pattern : patterns)
      if (pattern.pattern() == wanted) return true;
    return false;
  }
};

}  // namespace

kj::Own<Operand> pathOperand(kj::Vector<Glob> globs) {
  return kj::heap<PathOperand>(kj::mv(globs));
}

kj::Own<Operand> processTextOperand(kj::StringPtr key, kj::Vector<Glob> globs) {
  for (auto& text : TEXTS)
    if (text.key.slice(PROCESS.size()) == key)
      return kj::heap<TextOperand>(text.key, text.of, kj::mv(globs), text.kind);
  KJ_FAIL_ASSERT("no text of a process is called so", key);
}

kj::Own<Operand> commandLineRegexOperand(kj::Vector<Regex> patterns) {
  return kj::heap<RegexOperand>(kj::mv(patterns));
}

kj::Own<Operand> sha256Operand(kj::Vector<Glob> digests) {
  return kj::heap<ExaminedOperand>("process.sha256", &ProcessFacts::sha256, kj::mv(digests));
}

kj::Own<Operand> packageOperand(kj::Vector<Glob> globs) {
  return kj::heap<ExaminedOperand>("process.package", &ProcessFacts::package, kj::mv(globs));
}

kj::Own<Operand> parentOperand(kj::Vector<Glob> globs) {
  return kj::heap<ParentOperand>(kj::mv(globs));
}

kj::Own<Operand> kindOperand(KindSet kinds) {
  return kj::heap<KindOperand>(kinds);
}

}  // namespace portreeve::rules
