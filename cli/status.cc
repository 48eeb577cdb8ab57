// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/status.h"

#include "cli/local-time.h"
#include "cli/printable.h"
#include "cli/session.h"
#include "cli/table.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/marks.h"
#include "common/suite.h"
#include "proto/supervisor.capnp.h"

#include <capnp/message.h>
#include <cmath>

namespace portreeve::cli {
namespace {

namespace view = proto::view;

kj::String sandboxWords(view::ProcessStatus::Reader process) {
  if (!process.hasSandbox()) return kj::str("-");
  auto sandbox = process.getSandbox();
  kj::Vector<kj::String> words;
  if (!sandbox.getNoNewPrivileges()) words.add(kj::str("MAY GAIN PRIVILEGES"));
  words.add(kj::str(sandbox.getSeccomp() ? "seccomp" : "NO SECCOMP"));
  words.add(kj::str("landlock ", sandbox.getLandlock()));
  for (auto capability : sandbox.getCapabilities()) words.add(kj::str(capability));
  return kj::strArray(words, ", ");
}

kj::String runningFor(kj::StringPtr since, uint64_t now) {
  KJ_IF_MAYBE (start, parseTime(since)) {
    uint64_t seconds = now / 1'000'000'000;
    return span(seconds > *start ? seconds - *start : 0);
  }
  return kj::str("-");
}

void showProcesses(capnp::List<view::ProcessStatus>::Reader processes, uint64_t now) {
  Table table{{"PROCESS"}, {"PID", true}, {"UID", true}, {"STATE"}, {"FOR", true}, {"LOCKED IN"}};
  for (auto process : processes) {
    bool known = process.getPid() != 0;
    table.add(process.getName(), known ? kj::str(process.getPid()) : kj::str("-"),
              known ? kj::str(process.getUid()) : kj::str("-"),
              Cell(process.getState(), colourOfState(process.getState())),
              runningFor(process.getSince(), now),
              // What is amiss matters more; what a healthy process has to say stands below.
              process.getReason().size() > 0 && process.getState() != "running"
                  ? kj::str(process.getReason())
                  : sandboxWords(process));
  }
  print(table.text());
  for (auto process : processes)
    if (process.getState() == "running" && process.getReason().size() > 0)
      print(kj::str(process.getName(), ": ", printable(process.getReason()), "\n"));
}

kj::StringPtr queuePurpose(uint16_t queue) {
  switch (queue - queue % 10) {
    case QUEUE_OUT_V4:
      return "out, IPv4"_kj;
    case QUEUE_OUT_V6:
      return "out, IPv6"_kj;
    case QUEUE_IN_V4:
      return "in, IPv4"_kj;
    case QUEUE_IN_V6:
      return "in, IPv6"_kj;
  }
  return ""_kj;
}

kj::String probeOf(uint16_t queue, capnp::List<view::ProcessStatus>::Reader processes) {
  auto first = queue - queue % 10;
  auto hook = first == QUEUE_OUT_V4 || first == QUEUE_OUT_V6 ? "out"_kj : "in"_kj;
  auto family = first == QUEUE_OUT_V4 || first == QUEUE_IN_V4 ? "ipv4"_kj : "ipv6"_kj;
  for (auto process : processes)
    for (auto probe : process.getProbes())
      if (probe.getHook() == hook && probe.getFamily() == family) return kj::str(probe.getState());
  return kj::str("-");
}

void showQueues(capnp::List<view::QueueStatus>::Reader queues,
                capnp::List<view::ProcessStatus>::Reader processes) {
  if (queues.size() == 0) return;
  auto number = [](double value) { return kj::str(uint64_t(value)); };
  Table table{{"QUEUE", true},      {"PACKETS"},    {"WAITING", true},   {"SEEN", true},
              {"OVERFLOWED", true}, {"LOST", true}, {"TIMED OUT", true}, {"SELF-PROBE"}};
  for (auto queue : queues)
    table.add(kj::str(queue.getQueue()), queuePurpose(queue.getQueue()), number(queue.getWaiting()),
              number(queue.getSeen()), number(queue.getOverflowed()), number(queue.getLost()),
              number(queue.getTimedOut()), probeOf(queue.getQueue(), processes));
  print(kj::str('\n', table.text()));
}

void showMode(view::RulesStatus::Reader rules, uint64_t now) {
  auto mode = rules.getMode();
  if (mode.size() > 0) {
    auto action = rules.getModeAction();
    printLine(painted(
        kj::str("\n", mode, action.size() > 0 ? " (" : "", action, action.size() > 0 ? ")" : "",
                " until ", localTime(rules.getModeUntil(), now), ", begun by ",
                printable(rules.getModeBy()), "; `portreeve resume` ends it"),
        Colour::YELLOW));
  }
  if (rules.getModeConfirmBy().size() > 0)
    printLine(painted(kj::str("  it ends at ", localTime(rules.getModeConfirmBy(), now),
                              " unless you say `portreeve confirm`"),
                      Colour::YELLOW));
  if (rules.getLearned() > 0)
    printLine(kj::str("  learned: ", uint64_t(rules.getLearned()),
                      " kinds of connections; `portreeve learn review`"));
}

void showRules(view::RulesStatus::Reader rules, uint64_t now) {
  if (rules.getCount() > 0)
    printLine(kj::str("\nRules: ", rules.getCount(), " in force, from ", rules.getFiles(), " file",
                      rules.getFiles() == 1 ? "" : "s", " and built in; loaded ",
                      localTime(rules.getLoadedAt(), now),
                      "; what no rule matches: ", rules.getDefault()));
  if (rules.getProfile().size() > 0 || rules.getProfileChosen() == "none")
    printLine(kj::str(
        "Profile: ",
        rules.getProfile().size() > 0 ? kj::str(printable(rules.getProfile())) : kj::str("none"),
        rules.getProfileChosen() == "auto" ? ", by the network" : ", chosen by hand"));
  if (rules.getError().size() > 0)
    printLine(painted(kj::str("  not in force: ", printable(rules.getError())), Colour::RED));
  if (rules.getConfirmBy().size() > 0)
    printLine(
        painted(kj::str("  the last change is taken back at ", localTime(rules.getConfirmBy(), now),
                        " unless you say `portreeve confirm`"),
                Colour::YELLOW));
}

void showLatencies(capnp::List<view::ProcessStatus>::Reader processes) {
  auto microseconds = [](double value) { return kj::str(std::lround(value)); };
  Table table{{"STAGE"}, {"PACKETS", true}, {"P50 us", true}, {"P99 us", true}, {"MAX us", true}};
  bool any = false;
  for (auto process : processes)
    for (auto stage : process.getLatencies()) {
      if (stage.getCount() == 0) continue;
      any = true;
      table.add(stage.getStage(), kj::str(uint64_t(stage.getCount())), microseconds(stage.getP50()),
                microseconds(stage.getP99()), microseconds(stage.getMax()));
    }
  if (any) print(kj::str('\n', table.text()));
}

void showNotes(capnp::List<view::ProcessStatus>::Reader processes) {
  for (auto process : processes)
    for (auto note : process.getNotes())
      printLine(painted(kj::str("\nNote: ", printable(note)), Colour::YELLOW));
}

void showNotSeen(capnp::List<capnp::Text>::Reader notSeen) {
  if (notSeen.size() == 0) return;
  printLine("\nNot seen by the hooks, so not decided:");
  for (auto words : notSeen) printLine(kj::str("  ", printable(words)));
}

void showSupervisor(Session& session) {
  if (!session.listens("supervisor")) return;
  auto answer = session.await("supervisor",
                              session.dial<proto::Supervisor>("supervisor").statusRequest().send());
  auto up = answer.getStatus();
  printLine(kj::str("Supervised by `portreeve up`, pid ", up.getPid()));
  if (up.getConfirmSeconds() > 0)
    printLine(painted(kj::str("  all is taken down in ", up.getConfirmSeconds(),
                              " s unless you say `portreeve confirm`"),
                      Colour::YELLOW));
}

void show(Session& session, view::Status::Reader status) {
  uint64_t now = wallNs();
  kj::StringPtr reason = status.getReason();
  printLine(kj::str("portreeve ", status.getVersion(), " is ",
                    painted(status.getState(), colourOfState(status.getState())),
                    reason.size() > 0 ? ": " : "", printable(reason)));
  showSupervisor(session);
  print("\n");
  showProcesses(status.getProcesses(), now);
  showQueues(status.getQueues(), status.getProcesses());
  showLatencies(status.getProcesses());
  showMode(status.getRules(), now);
  showRules(status.getRules(), now);
  showNotes(status.getProcesses());
  showNotSeen(status.getNotSeen());
}

void refuseIfOnlyNotEntitled(Session& session) {
  // To somebody who is entitled to nothing every process looks as if it were not there.
  if (!mayBeEntitled(Accounts::read()) && session.listens("interceptor")) failNotEntitled();
}

}  // namespace

int status(const StatusOptions& options) {
  Session session;
  capnp::MallocMessageBuilder message;
  auto collected = message.initRoot<view::Status>();
  collectStatus(*session.io.lowLevelProvider, session.io.provider->getTimer(), session.directories,
                collected)
      .wait(session.io.waitScope);
  bool stopped = collected.getState() == "stopped";
  if (stopped) refuseIfOnlyNotEntitled(session);
  if (options.json) printLine(toJson(collected));
  if (stopped) failNotRunning(session.directories.runtime, collected.getReason());
  if (!options.json) show(session, collected);
  return GOOD;
}

}  // namespace portreeve::cli
