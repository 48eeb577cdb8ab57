// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/metrics.h"

#include "common/marks.h"

#include <fmt/format.h>
#include <kj/vector.h>
#include <stdlib.h>

namespace portreeve {
namespace {

namespace view = proto::view;

constexpr kj::StringPtr GAUGES[] = {
    // That are as much as there is now; whatever else a process counts only grows.
    "waiting"_kj,   "waiting_for_name"_kj, "open_flows"_kj,      "names"_kj,
    "in_flight"_kj, "names_remembered"_kj, "connections"_kj,     "followers"_kj,
    "sessions"_kj,  "tokens"_kj,           "history_waiting"_kj, "file_bytes"_kj,
    "guard"_kj,     "processes_known"_kj,  "pool_full"_kj,       "prompts_pending"_kj,
    "remembered"_kj};

bool isGauge(kj::StringPtr name) {
  for (auto gauge : GAUGES)
    if (gauge == name) return true;
  return false;
}

kj::String number(double value) {
  auto text = fmt::format("{}", value);
  return kj::heapString(text.data(), text.size());
}

kj::String quotedLabel(kj::StringPtr text) {
  kj::Vector<char> out;
  out.add('"');
  for (char c : text) {
    if (c == '\n') {
      out.addAll("\\n"_kj);
      continue;
    }
    if (c == '"' || c == '\\') out.add('\\');
    out.add(c);
  }
  out.add('"');
  return kj::heapString(out.begin(), out.size());
}

bool isMetricName(kj::StringPtr name) {
  for (char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') return false;
  return name.size() > 0;
}

class Text {
public:
  void family(kj::StringPtr name, kj::StringPtr type, kj::StringPtr help) {
    lines.add(kj::str("# HELP ", name, ' ', help));
    lines.add(kj::str("# TYPE ", name, ' ', type));
  }
  void sample(kj::StringPtr name, kj::StringPtr labels, double value) {
    if (labels.size() > 0)
      lines.add(kj::str(name, '{', labels, "} ", number(value)));
    else
      lines.add(kj::str(name, ' ', number(value)));
  }
  kj::String take() { return kj::str(kj::strArray(lines, "\n"), '\n'); }

private:
  kj::Vector<kj::String> lines;
};

kj::String processLabel(kj::StringPtr name) {
  return kj::str("process=", quotedLabel(name));
}

void addSuite(Text& text, view::Status::Reader status) {
  text.family("portreeve_info", "gauge", "The suite that answers.");
  text.sample("portreeve_info", kj::str("version=", quotedLabel(status.getVersion())), 1);
  text.family("portreeve_state", "gauge", "1 for the state that the suite is in.");
  for (auto state : {"enforcing"_kj, "degraded"_kj, "stopped"_kj})
    text.sample("portreeve_state", kj::str("state=", quotedLabel(state)),
                status.getState() == state ? 1 : 0);
  text.family("portreeve_process_running", "gauge", "1 where that process says that it runs well.");
  for (auto process : status.getProcesses())
    text.sample("portreeve_process_running", processLabel(process.getName()),
                process.getState() == "running" ? 1 : 0);
  text.family("portreeve_rules", "gauge", "Rules in force, built-in ones included.");
  text.sample("portreeve_rules", "", status.getRules().getCount());
  text.family("portreeve_rules_bad", "gauge", "1 where the newest rule files are not in force.");
  text.sample("portreeve_rules_bad", "", status.getRules().getError().size() > 0 ? 1 : 0);
}

void addQueues(Text& text, view::Status::Reader status) {
  struct Family {
    kj::StringPtr name, type, help;
    double (*value)(view::QueueStatus::Reader);
  };
  static constexpr Family FAMILIES[] = {
      {"portreeve_queue_waiting"_kj, "gauge"_kj, "Packets that wait in the kernel's queue."_kj,
       [](view::QueueStatus::Reader queue) { return queue.getWaiting(); }},
      {"portreeve_queue_seen_total"_kj, "counter"_kj, "Packets handed to user space."_kj,
       [](view::QueueStatus::Reader queue) { return queue.getSeen(); }},
      {"portreeve_queue_overflowed_total"_kj, "counter"_kj,
       "Dropped because the queue was full."_kj,
       [](view::QueueStatus::Reader queue) { return queue.getOverflowed(); }},
      {"portreeve_queue_lost_total"_kj, "counter"_kj, "Dropped because our socket was full."_kj,
       [](view::QueueStatus::Reader queue) { return queue.getLost(); }},
      {"portreeve_queue_timed_out_total"_kj, "counter"_kj,
       "Dropped because no verdict came in time."_kj,
       [](view::QueueStatus::Reader queue) { return queue.getTimedOut(); }}};
  for (auto& family : FAMILIES) {
    if (status.getQueues().size() == 0) continue;
    text.family(family.name, family.type, family.help);
    for (auto queue : status.getQueues())
      text.sample(family.name, kj::str("queue=\"", queue.getQueue(), '"'), family.value(queue));
  }
}

void addVerdicts(Text& text, view::ProcessStatus::Reader policy) {
  constexpr kj::StringPtr PREFIX = "verdicts_"_kj;
  text.family("portreeve_verdicts_total", "counter", "Verdicts given, by action and mark.");
  for (auto counter : policy.getCounters()) {
    kj::StringPtr name = counter.getName();
    if (!name.startsWith(PREFIX)) continue;
    auto mark = name.slice(PREFIX.size());
    auto verdict = verdictOf(uint32_t(strtoul(mark.cStr(), nullptr, 10)));
    if (verdict == proto::Verdict::NONE) continue;
    text.sample("portreeve_verdicts_total",
                kj::str("action=", quotedLabel(actionText(verdict)), ",mark=", quotedLabel(mark)),
                counter.getValue());
  }
}

struct Percentile {
  kj::String name;  // "wait"
  kj::StringPtr quantile;
};

kj::Maybe<Percentile> percentileOf(kj::StringPtr name) {
  struct Ending {
    kj::StringPtr suffix, quantile;
  };
  static constexpr Ending ENDINGS[] = {{"_p50_us"_kj, "0.5"_kj}, {"_p99_us"_kj, "0.99"_kj}};
  for (auto& ending : ENDINGS)
    if (name.endsWith(ending.suffix))
      return Percentile{kj::heapString(name.slice(0, name.size() - ending.suffix.size())),
                        ending.quantile};
  return nullptr;
}

void addCounters(Text& text, view::ProcessStatus::Reader process) {
  kj::String lastFamily = kj::str();
  for (auto counter : process.getCounters()) {
    kj::StringPtr name = counter.getName();
    if (!isMetricName(name) || name.startsWith("verdicts_1")) continue;
    KJ_IF_MAYBE (percentile, percentileOf(name)) {
      auto full = kj::str("portreeve_", process.getName(), '_', percentile->name, "_seconds");
      if (full != lastFamily) text.family(full, "gauge", "A percentile of the latest, in seconds.");
      text.sample(full, kj::str("quantile=", quotedLabel(percentile->quantile)),
                  counter.getValue() / 1e6);
      lastFamily = kj::mv(full);
      continue;
    }
    bool gauge = isGauge(name);
    auto full = kj::str("portreeve_", process.getName(), '_', name, gauge ? "" : "_total");
    text.family(full, gauge ? "gauge"_kj : "counter"_kj,
                kj::str("Counter ", name, " of the ", process.getName(), '.'));
    text.sample(full, "", counter.getValue());
  }
}

}  // namespace

kj::String metricsText(view::Status::Reader status) {
  Text text;
  addSuite(text, status);
  addQueues(text, status);
  for (auto process : status.getProcesses()) {
    if (process.getName() == "policy") addVerdicts(text, process);
    addCounters(text, process);
  }
  return text.take();
}

}  // namespace portreeve
