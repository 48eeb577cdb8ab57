// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/settings-apply.h"

#include "cli/failure.h"
#include "cli/inet-listener.h"
#include "cli/port-holder.h"
#include "cli/printable.h"
#include "cli/systemd.h"
#include "cli/terminal.h"
#include "common/directories.h"
#include "common/log.h"

#include <kj/debug.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr auto RELOAD_WITHIN = 60 * kj::SECONDS;
constexpr auto RESTART_WITHIN = 200 * kj::SECONDS;  // the target's own limit is 3 min
constexpr kj::StringPtr RESTART_ADVICE = "`portreeve settings apply --restart`"_kj;

void requireSystemd() {
  if (!systemdRunsHere())
    throw Failure(FAILED,
                  "settings apply: systemd does not run this machine; `portreeve up` listens where "
                  "portreeve.toml says by itself");
  if (!suiteUnitsInstalled())
    throw Failure(FAILED,
                  "settings apply: systemd has no unit portreeve.target here: is the suite "
                  "installed?");
}

void addOnce(kj::Vector<kj::StringPtr>& units, kj::StringPtr unit) {
  for (auto known : units)
    if (known == unit) return;
  units.add(unit);
}

void restart(const ListenPlan& plan) {
  // A socket unit takes a new address only when it is started, and is not started while its
  // service runs. The rules stay in the kernel all the while: they are the target's.
  kj::Vector<kj::StringPtr> stop;
  stop.add("stop"_kj);
  for (auto& dropIn : plan.dropIns)
    if (dropIn.unit.endsWith(".socket")) addOnce(stop, dropIn.unit);
  stop.add("portreeve-resolver.service"_kj);
  stop.add("portreeve-gateway.service"_kj);
  kj::StringPtr start[] = {"restart"_kj, "portreeve.target"_kj};
  systemctl(stop, RESTART_WITHIN);
  if (!systemctl(start, RESTART_WITHIN))
    throw Failure(FAILED,
                  "settings apply: the suite could not be restarted: `systemctl status "
                  "'portreeve*'` says why");
}

void watchAgain(kj::ArrayPtr<const DropInChange> changes) {
  // Nobody waits for a path unit, so that nobody has to ask for this.
  for (auto& change : changes) {
    kj::StringPtr words[] = {"try-restart"_kj, change.unit};
    if (change.unit.endsWith(".path")) systemctl(words, RELOAD_WITHIN);
  }
}

bool concernsListening(kj::ArrayPtr<const DropInChange> changes) {
  for (auto& change : changes)
    if (!change.unit.endsWith(".path")) return true;
  return false;
}

void requireListening(const ListenPlan& plan) {
  for (int tries = 0; tries < 50; tries++) {
    if (listensAsPlanned(plan)) return;
    usleep(200'000);
  }
  throw Failure(FAILED,
                "settings apply: not every address is listened on yet: `systemctl status "
                "'portreeve-*.socket'` says why");
}

void sayRestarted(const ListenPlan& plan) {
  requireListening(plan);
  kj::Vector<kj::String> places;
  for (auto& place : plan.places)
    if (!familyIsMissing(place.address)) places.add(place.toString());
  printLine(kj::str("restarted; the suite listens on ", kj::strArray(places, ", ")));
}

void sayWhatIsLeft(bool running) {
  printLine(running ? kj::str("in force once portreeve.target and its sockets are restarted: ",
                              RESTART_ADVICE, " does it; connections that are allowed go on")
                    : kj::str("in force when portreeve.target is started"));
}

}  // namespace

ListenPlan planForThisMachine(const Settings& settings) {
  HolderOfPlace holderOf = otherHolderOfPort;
  return planListening(settings, holderOf);
}

bool listensAsPlanned(const ListenPlan& plan) {
  for (auto& place : plan.places) {
    if (familyIsMissing(place.address)) continue;
    if (!suiteHoldsPort(place.transport, place.address, place.port)) return false;
  }
  return true;
}

int settingsApply(const SettingsApplyOptions& options) {
  if (geteuid() != 0) throw Failure(FAILED, "settings apply: only root can: try `sudo`");
  log::open("settings");
  requireSystemd();
  auto plan = planForThisMachine(Settings::load(Directories::fromEnvironment().settingsFile()));
  if (!plan.problems.empty()) throw Failure(FAILED, kj::strArray(plan.problems, "\n"));
  auto changes = changesIn(UNIT_CHANGES_FOLDER, plan.dropIns);
  for (auto& words : plan.moved) printLine(printable(words));
  for (auto& change : changes)
    printLine(printable(kj::str(options.dryRun ? "would be " : "", inWords(change))));
  if (options.dryRun) {
    if (changes.empty()) printLine("nothing would change");
    return GOOD;
  }

  bool running = isActive("portreeve.target");
  if (!changes.empty()) {
    make(changes);
    kj::StringPtr reload[] = {"daemon-reload"_kj};
    if (!systemctl(reload, RELOAD_WITHIN))
      throw Failure(FAILED, "settings apply: systemd did not read the units again");
    watchAgain(changes);
  }
  if (!concernsListening(changes) && (!running || listensAsPlanned(plan))) {
    if (changes.empty()) printLine("nothing to change: the units are as portreeve.toml says");
    return GOOD;
  }
  if (options.restart && running) {
    restart(plan);
    sayRestarted(plan);
  } else {
    sayWhatIsLeft(running);
  }
  return GOOD;
}

}  // namespace portreeve::cli
