// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/metrics.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

#include <string>

namespace portreeve {
namespace {

std::string metricsOf(capnp::MallocMessageBuilder& message) {
  auto text = metricsText(message.getRoot<proto::view::Status>());
  return {text.begin(), text.size()};
}

void fillPolicy(proto::view::Status::Builder status) {
  status.setState("degraded");
  status.setVersion("1.2\"3");
  auto policy = status.initProcesses(1)[0];
  policy.setName("policy");
  policy.setState("running");
  auto counters = policy.initCounters(5);
  auto set = [&](uint at, kj::StringPtr name, double value) {
    counters[at].setName(name);
    counters[at].setValue(value);
  };
  set(0, "packets", 4711);
  set(1, "verdicts_1711", 3);
  set(2, "open_flows", 7);
  set(3, "evaluate_p50_us", 2);
  set(4, "evaluate_p99_us", 250);
}

TEST_CASE("counters, gauges, verdicts and percentiles each have their type and labels") {
  capnp::MallocMessageBuilder message;
  fillPolicy(message.initRoot<proto::view::Status>());
  auto text = metricsOf(message);
  auto has = [&](const char* line) { return text.find(std::string(line) + "\n") != text.npos; };
  CHECK(has("# TYPE portreeve_policy_packets_total counter"));
  CHECK(has("portreeve_policy_packets_total 4711"));
  CHECK(has("# TYPE portreeve_policy_open_flows gauge"));
  CHECK(has("portreeve_policy_open_flows 7"));
  CHECK(has("portreeve_verdicts_total{action=\"block\",mark=\"1711\"} 3"));
  CHECK(has("portreeve_policy_evaluate_seconds{quantile=\"0.99\"} 0.00025"));
  CHECK(has("portreeve_state{state=\"degraded\"} 1"));
  CHECK(has("portreeve_process_running{process=\"policy\"} 1"));
  CHECK(has("portreeve_info{version=\"1.2\\\"3\"} 1"));
}

TEST_CASE("every family is declared once, and before its samples") {
  capnp::MallocMessageBuilder message;
  fillPolicy(message.initRoot<proto::view::Status>());
  auto text = metricsOf(message);
  size_t declared = 0;
  for (size_t at = text.find("# TYPE portreeve_policy_evaluate_seconds"); at != text.npos;
       at = text.find("# TYPE portreeve_policy_evaluate_seconds", at + 1))
    declared++;
  CHECK(declared == 1);
  CHECK(text.find("# TYPE portreeve_policy_evaluate_seconds") <
        text.find("portreeve_policy_evaluate_seconds{"));
}

TEST_CASE("a counter whose name is none is left out instead of breaking the whole") {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<proto::view::Status>();
  auto process = status.initProcesses(1)[0];
  process.setName("policy");
  auto counters = process.initCounters(1);
  counters[0].setName("bad name\n");
  auto text = metricsOf(message);
  CHECK(text.find("bad name") == text.npos);
}

}  // namespace
}  // namespace portreeve
