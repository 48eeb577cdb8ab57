// SPDX-License-Identifier: GPL-3.0-or-later
// The texts that a request brings: the query of its URL, and its body's JSON. The first byte
// chooses.
#include "tests/fuzz/fuzz-target.h"

#include "api-gateway/connection-query.h"
#include "api-gateway/explain-query.h"
#include "api-gateway/history-query.h"
#include "api-gateway/json.h"
#include "api-gateway/parameters.h"

#include <capnp/message.h>

namespace {

using namespace portreeve;
using namespace portreeve::gateway;

constexpr uint64_t NOW = 1'790'000'000'000'000'000;

void readQuery(kj::StringPtr text) {
  auto pairs = parseQuery(text);
  KJ_IF_MAYBE (good, pairs.tryGet<kj::Vector<QueryPair>>()) {
    require(good->size() <= 32);
    for (auto& pair : *good) {
      require(pair.value.size() > 0 && pair.value.size() <= 1024);
      require(isUtf8(pair.key) && isUtf8(pair.value));
      for (char c : pair.value) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
  }
  capnp::MallocMessageBuilder message;
  KJ_IF_MAYBE (query, ConnectionQuery::parse(text).tryGet<ConnectionQuery>()) {
    require(query->limit >= 1 && query->limit <= MAX_LIMIT && query->offset <= MOST_LOOKED_AT);
    query->to(message.initRoot<proto::ConnectionFilter>());
  }
  KJ_IF_MAYBE (query, HistoryQuery::parse(text, NOW).tryGet<HistoryQuery>())
    query->to(message.initRoot<proto::HistoryFilter>());
  auto refusal = fillQuestion(text, message.initRoot<proto::Question>());
  KJ_IF_MAYBE (wrong, refusal) require(wrong->reason.size() > 0);
}

void readBody(kj::StringPtr text) {
  capnp::MallocMessageBuilder message;
  auto change = message.initRoot<proto::view::RuleChange>();
  if (readJson(text, change) == nullptr) require(isUtf8(text));
  auto replay = message.initRoot<proto::view::ReplayRequest>();
  if (readJson(text, replay) == nullptr) require(isUtf8(text));
  readJson(text, message.initRoot<proto::TokenWanted>());
  KJ_IF_MAYBE (secret, parseSecret(text)) require(secret->size() == 64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // A text that KJ gives has no NUL within: what follows one is nobody's.
  auto text = kj::heapString(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == '?')
    readQuery(text);
  else
    readBody(text);
  return 0;
}
