// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/json.h"

#include <capnp/compat/json.h>

namespace portreeve::cli {
namespace {

namespace view = proto::view;

template <typename View>
kj::String encode(typename View::Reader value) {
  // Made once for each struct: reading the annotations is slow, using the result is not.
  static const auto codec = []() {
    auto fresh = kj::heap<capnp::JsonCodec>();
    fresh->handleByAnnotation<View>();
    return fresh;
  }();
  return codec->encode(value);
}

}  // namespace

kj::String toJson(view::Status::Reader status) {
  return encode<view::Status>(status);
}
kj::String toJson(view::Connection::Reader connection) {
  return encode<view::Connection>(connection);
}
kj::String toJson(view::Explanation::Reader explanation) {
  return encode<view::Explanation>(explanation);
}
kj::String toJson(view::RuleView::Reader rule) {
  return encode<view::RuleView>(rule);
}
kj::String toJson(view::ChangeView::Reader change) {
  return encode<view::ChangeView>(change);
}
kj::String toJson(view::RulesStatus::Reader status) {
  return encode<view::RulesStatus>(status);
}
kj::String toJson(view::Program::Reader program) {
  return encode<view::Program>(program);
}
kj::String toJson(view::Finding::Reader finding) {
  return encode<view::Finding>(finding);
}
kj::String toJson(view::DnsLookup::Reader lookup) {
  return encode<view::DnsLookup>(lookup);
}
kj::String toJson(view::DnsCached::Reader cached) {
  return encode<view::DnsCached>(cached);
}
kj::String toJson(view::DnsUpstream::Reader upstream) {
  return encode<view::DnsUpstream>(upstream);
}
kj::String toJson(view::DnsQuery::Reader query) {
  return encode<view::DnsQuery>(query);
}
kj::String toJson(view::DnsList::Reader list) {
  return encode<view::DnsList>(list);
}

kj::String toJson(view::GateWay::Reader way) {
  return encode<view::GateWay>(way);
}
kj::String toJson(view::NameQuery::Reader query) {
  return encode<view::NameQuery>(query);
}
kj::String toJson(view::HistoryGroup::Reader group) {
  return encode<view::HistoryGroup>(group);
}
kj::String toJson(view::HistoryGap::Reader gap) {
  return encode<view::HistoryGap>(gap);
}
kj::String toJson(view::ReplayOutcome::Reader outcome) {
  return encode<view::ReplayOutcome>(outcome);
}
kj::String toJson(proto::ProfilesView::Reader profiles) {
  return encode<proto::ProfilesView>(profiles);
}
kj::String toJson(proto::TokenView::Reader token) {
  return encode<proto::TokenView>(token);
}
kj::String toJson(proto::Prompt::Reader prompt) {
  return encode<proto::Prompt>(prompt);
}
kj::String toJson(proto::PromptClosed::Reader closed) {
  return encode<proto::PromptClosed>(closed);
}
kj::String toJson(proto::PromptAnswered::Reader answered) {
  return encode<proto::PromptAnswered>(answered);
}
kj::String toJson(proto::LearnedRule::Reader rule) {
  return encode<proto::LearnedRule>(rule);
}
kj::String toJson(proto::PromptRecord::Reader record) {
  return encode<proto::PromptRecord>(record);
}

}  // namespace portreeve::cli
