// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/json.h"

#include "api-gateway/query-text.h"

#include <capnp/compat/json.h>
#include <capnp/message.h>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr size_t SECRET_DIGITS = 64;

const capnp::JsonCodec& codec() {
  // Made once: reading the annotations of all these structs is slow, using the result is not.
  static const auto made = []() {
    auto fresh = kj::heap<capnp::JsonCodec>();
    fresh->handleByAnnotation<view::Status>();
    fresh->handleByAnnotation<view::Connection>();
    fresh->handleByAnnotation<view::RuleView>();
    fresh->handleByAnnotation<view::ConnectionPage>();
    fresh->handleByAnnotation<view::NameQueryPage>();
    fresh->handleByAnnotation<view::HistoryGroup>();
    fresh->handleByAnnotation<view::HistoryGap>();
    fresh->handleByAnnotation<view::ReplayOutcome>();
    fresh->handleByAnnotation<view::Explanation>();
    fresh->handleByAnnotation<view::SessionView>();
    fresh->handleByAnnotation<view::RuleChanged>();
    fresh->handleByAnnotation<view::ChangeLog>();
    fresh->handleByAnnotation<view::ChangeUndone>();
    fresh->handleByAnnotation<view::DnsLogPage>();
    fresh->handleByAnnotation<view::DnsCachePage>();
    fresh->handleByAnnotation<view::DnsUpstreams>();
    fresh->handleByAnnotation<view::DnsLookup>();
    fresh->handleByAnnotation<view::DnsLists>();
    fresh->handleByAnnotation<view::ProgramPage>();
    fresh->handleByAnnotation<view::ProgramDetails>();
    fresh->handleByAnnotation<view::Series>();
    fresh->handleByAnnotation<view::SettingsPage>();
    fresh->handleByAnnotation<proto::Prompt>();
    fresh->handleByAnnotation<proto::PromptClosed>();
    fresh->handleByAnnotation<proto::PromptAnswered>();
    fresh->handleByAnnotation<proto::LearnedRule>();
    fresh->handleByAnnotation<proto::ProfilesView>();
    fresh->handleByAnnotation<view::GateWay>();
    fresh->handleByAnnotation<proto::TokenView>();
    return fresh;
  }();
  return *made;
}

const capnp::JsonCodec& strictCodec() {
  static const auto made = []() {
    auto fresh = kj::heap<capnp::JsonCodec>();
    fresh->setRejectUnknownFields(true);
    fresh->setMaxNestingDepth(16);
    fresh->handleByAnnotation<view::RuleChange>();
    fresh->handleByAnnotation<view::RuleReplacement>();
    fresh->handleByAnnotation<view::RuleMove>();
    fresh->handleByAnnotation<view::UndoRequest>();
    fresh->handleByAnnotation<view::ReplayRequest>();
    fresh->handleByAnnotation<proto::TokenWanted>();
    fresh->handleByAnnotation<view::FlushRequest>();
    fresh->handleByAnnotation<view::PromptReply>();
    fresh->handleByAnnotation<view::PromptChosen>();
    fresh->handleByAnnotation<view::ModeWanted>();
    fresh->handleByAnnotation<view::ProfileWanted>();
    return fresh;
  }();
  return *made;
}

template <typename Builder>
kj::Maybe<kj::String> read(kj::StringPtr body, Builder to) {
  if (!isUtf8(body)) return kj::str("The body is not UTF-8.");
  // KJ's reader says what is wrong with an exception; here that is ordinary.
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { strictCodec().decode(body, to); }))
    return kj::str("The body is not the JSON that is described for this request: ",
                   e->getDescription());
  return nullptr;
}

bool isSecret(kj::StringPtr text) {
  if (text.size() != SECRET_DIGITS) return false;
  for (char c : text)
    if (!('0' <= c && c <= '9') && !('a' <= c && c <= 'f')) return false;
  return true;
}

kj::Maybe<kj::String> secretIn(capnp::json::Value::Reader value) {
  if (!value.isObject() || value.getObject().size() != 1) return nullptr;
  auto field = value.getObject()[0];
  if (field.getName() != "secret" || !field.getValue().isString()) return nullptr;
  auto secret = field.getValue().getString();
  if (!isSecret(secret)) return nullptr;
  return kj::str(secret);
}

}  // namespace

kj::String quoted(kj::StringPtr text) {
  return codec().encode(capnp::Text::Reader(text));
}

kj::String toJson(view::Status::Reader status) {
  return codec().encode(status);
}
kj::String toJson(view::Connection::Reader connection) {
  return codec().encode(connection);
}
kj::String toJson(capnp::List<view::Connection>::Reader connections) {
  return codec().encode(connections);
}
kj::String toJson(capnp::List<view::RuleView>::Reader rules) {
  return codec().encode(rules);
}

kj::String toJson(view::ConnectionPage::Reader page) {
  return codec().encode(page);
}
kj::String toJson(view::NameQueryPage::Reader page) {
  return codec().encode(page);
}
kj::String toJson(capnp::List<view::HistoryGroup>::Reader groups) {
  return codec().encode(groups);
}
kj::String toJson(capnp::List<view::HistoryGap>::Reader gaps) {
  return codec().encode(gaps);
}
kj::String toJson(view::ReplayOutcome::Reader outcome) {
  return codec().encode(outcome);
}
kj::String toJson(view::Explanation::Reader explanation) {
  return codec().encode(explanation);
}
kj::String toJson(view::SessionView::Reader session) {
  return codec().encode(session);
}
kj::String toJson(view::RuleChanged::Reader changed) {
  return codec().encode(changed);
}

kj::String toJson(view::ChangeLog::Reader log) {
  return codec().encode(log);
}
kj::String toJson(view::ChangeUndone::Reader undone) {
  return codec().encode(undone);
}
kj::String toJson(view::DnsLogPage::Reader page) {
  return codec().encode(page);
}
kj::String toJson(view::DnsCachePage::Reader page) {
  return codec().encode(page);
}
kj::String toJson(view::DnsUpstreams::Reader upstreams) {
  return codec().encode(upstreams);
}
kj::String toJson(view::DnsLookup::Reader lookup) {
  return codec().encode(lookup);
}
kj::String toJson(view::DnsLists::Reader lists) {
  return codec().encode(lists);
}

kj::Maybe<kj::String> readJson(kj::StringPtr body, view::RuleReplacement::Builder to) {
  return read(body, to);
}
kj::Maybe<kj::String> readJson(kj::StringPtr body, view::RuleMove::Builder to) {
  return read(body, to);
}
kj::Maybe<kj::String> readJson(kj::StringPtr body, view::UndoRequest::Builder to) {
  return read(body, to);
}
kj::String toJson(view::Program::Reader program) {
  return codec().encode(program);
}
kj::String toJson(view::ProgramPage::Reader page) {
  return codec().encode(page);
}
kj::String toJson(view::ProgramDetails::Reader details) {
  return codec().encode(details);
}
kj::String toJson(view::Series::Reader series) {
  return codec().encode(series);
}
kj::String toJson(view::SettingsPage::Reader page) {
  return codec().encode(page);
}
kj::String toJson(proto::Prompt::Reader value) {
  return codec().encode(value);
}
kj::String toJson(proto::PromptClosed::Reader value) {
  return codec().encode(value);
}
kj::String toJson(proto::PromptAnswered::Reader value) {
  return codec().encode(value);
}
kj::String toJson(proto::ProfilesView::Reader value) {
  return codec().encode(value);
}
kj::String toJson(capnp::List<proto::Prompt>::Reader values) {
  return codec().encode(values);
}
kj::String toJson(capnp::List<proto::LearnedRule>::Reader values) {
  return codec().encode(values);
}
kj::String toJson(capnp::List<view::GateWay>::Reader values) {
  return codec().encode(values);
}
kj::String toJson(proto::TokenView::Reader token) {
  return codec().encode(token);
}
kj::String toJson(capnp::List<proto::TokenView>::Reader tokens) {
  return codec().encode(tokens);
}

kj::Maybe<kj::String> readJson(kj::StringPtr body, view::RuleChange::Builder to) {
  return read(body, to);
}
kj::Maybe<kj::String> readJson(kj::StringPtr body, view::ReplayRequest::Builder to) {
  return read(body, to);
}

kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::TokenWanted::Builder to) {
  return read(body, to);
}

kj::Maybe<kj::String> readJson(kj::StringPtr body, view::FlushRequest::Builder to) {
  return read(body, to);
}

kj::Maybe<kj::String> readJson(kj::StringPtr body, view::PromptReply::Builder to) {
  return read(body, to);
}
kj::Maybe<kj::String> readJson(kj::StringPtr body, view::PromptChosen::Builder to) {
  return read(body, to);
}
kj::Maybe<kj::String> readJson(kj::StringPtr body, view::ModeWanted::Builder to) {
  return read(body, to);
}
kj::Maybe<kj::String> readJson(kj::StringPtr body, view::ProfileWanted::Builder to) {
  return read(body, to);
}

kj::Maybe<kj::String> parseSecret(kj::StringPtr body) {
  capnp::JsonCodec plain;
  plain.setMaxNestingDepth(2);
  capnp::MallocMessageBuilder message;
  auto value = message.initRoot<capnp::json::Value>();
  // KJ's reader says "not JSON" with an exception; here that is ordinary.
  if (kj::runCatchingExceptions([&]() { plain.decodeRaw(body, value); }) != nullptr) return nullptr;
  return secretIn(value);
}

}  // namespace portreeve::gateway
