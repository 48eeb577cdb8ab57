// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/status.h"

#include "common/clock.h"
#include "common/privileges.h"

#include <unistd.h>

namespace portreeve {

void fillVersions(proto::Daemon::VersionsResults::Builder results) {
  results.setMin(proto::PROTOCOL_MIN);
  results.setMax(proto::PROTOCOL_MAX);
}

OwnStatus::OwnStatus(Role role)
    : role(role), since(wallNs()), landlock(kj::str("not used")), state(kj::str("starting")) {}

void OwnStatus::setLandlock(kj::StringPtr words) {
  landlock = kj::str(words);
}

void OwnStatus::setState(kj::StringPtr newState, kj::StringPtr newReason) {
  state = kj::str(newState);
  reason = kj::str(newReason);
}

void OwnStatus::addCounter(kj::StringPtr name, kj::Function<double()> value) {
  counters.add(CounterSource{kj::str(name), kj::mv(value)});
}

void OwnStatus::setNotes(kj::Vector<kj::String> words) {
  notes = kj::mv(words);
}

void OwnStatus::addLatency(kj::StringPtr stage, const Latency& latency) {
  stages.add(Stage{kj::str(stage), latency});
}

void OwnStatus::fill(proto::view::ProcessStatus::Builder builder) {
  builder.setName(name(role));
  builder.setPid(getpid());
  builder.setUid(getuid());
  builder.setState(state);
  builder.setReason(reason);
  builder.setSince(rfc3339(since));
  builder.setVersion(PORTREEVE_VERSION);

  auto sandbox = builder.initSandbox();
  sandbox.setUid(getuid());
  auto held = heldCapabilities();
  auto capabilities = sandbox.initCapabilities(uint(held.size()));
  for (uint i = 0; i < held.size(); i++) capabilities.set(i, held[i]);
  sandbox.setNoNewPrivileges(hasNoNewPrivileges());
  sandbox.setSeccomp(hasSeccomp());
  sandbox.setLandlock(landlock);

  auto list = builder.initCounters(uint(counters.size()));
  for (uint i = 0; i < counters.size(); i++) {
    list[i].setName(counters[i].name);
    list[i].setValue(counters[i].value());
  }
  auto told = builder.initNotes(uint(notes.size()));
  for (uint i = 0; i < told.size(); i++) told.set(i, notes[i]);
  auto latencies = builder.initLatencies(uint(stages.size()));
  for (uint i = 0; i < latencies.size(); i++) {
    auto& latency = stages[i].latency;
    latencies[i].setStage(stages[i].name);
    latencies[i].setCount(double(latency.count()));
    latencies[i].setP50(double(latency.percentile(50)) / 1000);
    latencies[i].setP90(double(latency.percentile(90)) / 1000);
    latencies[i].setP99(double(latency.percentile(99)) / 1000);
    latencies[i].setMax(double(latency.longest()) / 1000);
  }
}

}  // namespace portreeve
