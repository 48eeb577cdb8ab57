// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: flows of a machine on which alice runs curl.
#pragma once

#include "policy/flow-table.h"
#include "policy/rules/test-facts.h"

namespace portreeve::policy {

inline kj::Own<Program> curl() {
  auto program = kj::refcounted<Program>();
  program->pid = 4711;
  program->kind = rules::ProcessKind::PROGRAM;
  program->path = kj::str("/usr/bin/curl");
  program->name = kj::str("curl");
  program->commandLine = kj::str("curl https://example.org/");
  program->unit = kj::str("session-1.scope");
  program->uid = 1000;
  program->parents = kj::heapArray<Program::Ancestor>(1);
  program->parents[0].pid = 100;
  program->parents[0].path = kj::str("/usr/bin/bash");
  return program;
}

inline Flow curlFlow(uint16_t localPort = 40000, kj::Own<Program> program = curl()) {
  // To example.org, allowed by a rule.
  Flow flow;
  flow.tuple.protocol = PROTOCOL_TCP;
  flow.tuple.source = rules::address("192.0.2.10");
  flow.tuple.destination = rules::address("203.0.113.5");
  flow.tuple.sourcePort = localPort;
  flow.tuple.destinationPort = 443;
  flow.process.program = kj::mv(program);
  flow.process.method = proto::Method::SOCK_DIAG;
  flow.process.confidence = proto::Confidence::CERTAIN;
  flow.names.add(FlowName{kj::str("example.org"), rules::NameSource::PROCESS});
  flow.judgement.verdict = proto::Verdict::ACCEPT;
  flow.judgement.rule = kj::str("web");
  flow.judgement.origin = kj::str("test.toml:1");
  flow.judgement.domain = kj::str("example.org");
  flow.judgement.namedBy = rules::NameSource::PROCESS;
  flow.startedNs = rules::NOW;
  return flow;
}

}  // namespace portreeve::policy
