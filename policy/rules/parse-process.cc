// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/parse-process.h"

#include "policy/rules/operands.h"
#include "policy/rules/parse-values.h"

#include <algorithm>

namespace portreeve::rules {
namespace {

using MakeFromGlobs = kj::Own<Operand> (*)(kj::Vector<Glob>);

template <Glob::Style style>
void processText(const Site& site) {
  auto globs = parseGlobs(site.value, style, site.context.complaints);
  if (!globs.empty()) site.out.add(processTextOperand(site.key, kj::mv(globs)));
}

template <MakeFromGlobs make>
void paths(const Site& site) {
  auto globs = parseGlobs(site.value, Glob::Style::PATH, site.context.complaints);
  for (auto& glob : globs) {
    if (glob.pattern().startsWith("/") || glob.pattern().startsWith("*")) continue;
    site.context.complaints.at(
        site.value.source(),
        kj::str("path \"", glob.pattern(), "\" can never match: begin it with \"/\" or \"**\""));
    return;
  }
  if (!globs.empty()) site.out.add(make(kj::mv(globs)));
}

void kind(const Site& site) {
  static constexpr ProcessKind KINDS[] = {ProcessKind::PROGRAM,      ProcessKind::REPLACED,
                                          ProcessKind::FOREIGN_ROOT, ProcessKind::KERNEL,
                                          ProcessKind::NO_SOCKET,    ProcessKind::UNKNOWN};
  static constexpr kj::StringPtr WORDS[] = {"program"_kj, "replaced"_kj,  "foreign-root"_kj,
                                            "kernel"_kj,  "no-socket"_kj, "unknown"_kj,
                                            "suite"_kj};
  KindSet set;
  eachWord(site.value, WORDS, site.context.complaints, [&](size_t index) {
    if (index == kj::size(KINDS))
      set.suite = true;
    else
      set.kinds |= uint8_t(1u << unsigned(KINDS[index]));
  });
  if (set.kinds != 0 || set.suite) site.out.add(kindOperand(set));
}

void commandLineRegex(const Site& site) {
  auto regexes = parseRegexes(site.value, "cmdline_regex", site.context.complaints);
  if (!regexes.empty()) site.out.add(commandLineRegexOperand(kj::mv(regexes)));
}

void instance(const Site& site) {
  kj::Vector<Instance> instances;
  eachText(site.value, "instance", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             KJ_IF_MAYBE (one, parseInstance(text))
               instances.add(*one);
             else
               site.context.complaints.at(
                   where, kj::str("\"", text,
                                  "\" is no instance: write \"PID@START\", START being "
                                  "field 22 of /proc/PID/stat"));
           });
  if (!instances.empty()) site.out.add(instanceOperand(kj::mv(instances)));
}

void sha256(const Site& site) {
  kj::Vector<Glob> digests;
  eachText(site.value, "sha256", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             KJ_IF_MAYBE (digest, parseSha256(text)) {
               auto parsed = Glob::parse(*digest, Glob::Style::TEXT);
               KJ_IF_MAYBE (glob, parsed.glob) digests.add(kj::mv(*glob));
               return;
             }
             site.context.complaints.at(
                 where, kj::str("\"", text,
                                "\" is no SHA-256: 64 hexadecimal digits, as sha256sum "
                                "FILE prints them"));
           });
  if (!digests.empty()) site.out.add(sha256Operand(kj::mv(digests)));
}

void package(const Site& site) {
  auto globs = parseGlobs(site.value, Glob::Style::TEXT, site.context.complaints);
  if (!globs.empty()) site.out.add(packageOperand(kj::mv(globs)));
}

constexpr Row OPERANDS[] = {
    {"path"_kj, paths<pathOperand>},
    {"name"_kj, processText<Glob::Style::TEXT>},
    {"cmdline"_kj, processText<Glob::Style::TEXT>},
    {"cmdline_regex"_kj, commandLineRegex},
    {"instance"_kj, instance},
    {"cgroup"_kj, processText<Glob::Style::TEXT>},
    {"unit"_kj, processText<Glob::Style::TEXT>},
    {"parent"_kj, paths<parentOperand>},
    {"kind"_kj, kind},
    {"slice"_kj, processText<Glob::Style::TEXT>},
    {"container"_kj, processText<Glob::Style::TEXT>},
    {"container_runtime"_kj, processText<Glob::Style::TEXT>},
    {"pod"_kj, processText<Glob::Style::TEXT>},
    {"flatpak"_kj, processText<Glob::Style::TEXT>},
    {"snap"_kj, processText<Glob::Style::TEXT>},
    {"appimage"_kj, processText<Glob::Style::PATH>},
    {"script"_kj, processText<Glob::Style::PATH>},
    {"sha256"_kj, sha256},
    {"package"_kj, package},
};

}  // namespace

bool isOfProcess(kj::StringPtr key) {
  return std::any_of(std::begin(OPERANDS), std::end(OPERANDS),
                     [&](auto& row) { return row.key == key; });
}

void parseProcess(const Site& site) {
  const toml::table* table = site.value.as_table();
  if (table == nullptr || table->empty()) {
    site.context.complaints.at(
        site.value.source(), kj::str("process wants a table: process = { path = \"/usr/bin/…\" }"));
    return;
  }
  parseRows(OPERANDS, "process.", *table, nullptr, site.context, site.out);
}

}  // namespace portreeve::rules
