// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/iptables.h"

#include "interceptor/keeper/failure.h"
#include "interceptor/keeper/program.h"

#include <fcntl.h>
#include <kj/io.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace portreeve::keeper {

namespace {

kj::StringPtr programOf(IpFamily family, Variant variant, bool save) {
  static constexpr kj::StringPtr PROGRAMS[2][2][2] = {
      {{"/usr/sbin/iptables-nft-restore"_kj, "/usr/sbin/iptables-nft-save"_kj},
       {"/usr/sbin/iptables-legacy-restore"_kj, "/usr/sbin/iptables-legacy-save"_kj}},
      {{"/usr/sbin/ip6tables-nft-restore"_kj, "/usr/sbin/ip6tables-nft-save"_kj},
       {"/usr/sbin/ip6tables-legacy-restore"_kj, "/usr/sbin/ip6tables-legacy-save"_kj}}};
  return PROGRAMS[family == IpFamily::V6][variant == Variant::LEGACY][save];
}

bool hasContent(kj::StringPtr path) {
  int fd = open(path.cStr(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  kj::AutoCloseFd file(fd);
  char first;
  return read(fd, &first, 1) == 1;
}

bool holdsRules(kj::StringPtr save) {
  return strstr(save.cStr(), "\n-A ") != nullptr;
}

bool systemDefaultIsLegacy() {
  char target[PATH_MAX];
  return realpath("/usr/sbin/iptables-restore", target) != nullptr &&
         strstr(target, "legacy") != nullptr;
}

}  // namespace

kj::StringPtr toText(Variant variant) {
  return variant == Variant::NFT ? "nft"_kj : "legacy"_kj;
}

kj::Maybe<Variant> parseVariant(kj::StringPtr text) {
  if (text == "nft"_kj) return Variant::NFT;
  if (text == "legacy"_kj) return Variant::LEGACY;
  return nullptr;
}

bool legacyTablesLoaded(IpFamily family) {
  return hasContent(family == IpFamily::V4 ? "/proc/net/ip_tables_names"_kj
                                           : "/proc/net/ip6_tables_names"_kj);
}

bool kernelHasIpv6() {
  return access("/proc/net/if_inet6", F_OK) == 0;
}

Variant chooseVariant(kj::StringPtr setting) {
  KJ_IF_MAYBE (fixed, parseVariant(setting)) return *fixed;
  if (systemDefaultIsLegacy()) return Variant::LEGACY;
  Iptables legacy(Variant::LEGACY);
  for (auto family : FAMILIES)
    if (legacyTablesLoaded(family) && holdsRules(legacy.save(family))) return Variant::LEGACY;
  return Variant::NFT;
}

kj::Vector<kj::String> programs(bool legacyToo) {
  kj::Vector<kj::String> result;
  for (auto family : FAMILIES)
    for (bool save : {false, true}) {
      result.add(kj::str(programOf(family, Variant::NFT, save)));
      if (legacyToo) result.add(kj::str(programOf(family, Variant::LEGACY, save)));
    }
  return result;
}

kj::String Iptables::save(IpFamily family) const {
  auto program = programOf(family, variant, true);
  auto result = runProgram(program, {}, ""_kj);
  if (!result.good()) fail(kj::str("reading the rules: ", result.why(program)));
  return kj::mv(result.output);
}

kj::Maybe<kj::String> Iptables::restore(IpFamily family, kj::StringPtr text) const {
  auto program = programOf(family, variant, false);
  // -w: another program may hold the lock of the legacy tables for a moment.
  auto result = runProgram(program, {"--noflush"_kj, "-w"_kj, "5"_kj}, text);
  if (result.good()) return nullptr;
  return result.why(program);
}

}  // namespace portreeve::keeper
