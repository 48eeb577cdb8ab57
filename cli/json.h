// SPDX-License-Identifier: GPL-3.0-or-later
// The structs of proto/view.capnp as JSON, one line each: the same as the API's.
#pragma once

#include "proto/dns-view.capnp.h"
#include "proto/gate-view.capnp.h"
#include "proto/modes.capnp.h"
#include "proto/profile.capnp.h"
#include "proto/prompt.capnp.h"
#include "proto/token.capnp.h"
#include "proto/view.capnp.h"

#include <kj/string.h>

namespace portreeve::cli {

kj::String toJson(proto::view::Status::Reader status);
kj::String toJson(proto::view::Connection::Reader connection);
kj::String toJson(proto::view::Explanation::Reader explanation);
kj::String toJson(proto::view::RuleView::Reader rule);
kj::String toJson(proto::view::ChangeView::Reader change);
kj::String toJson(proto::view::RulesStatus::Reader status);
kj::String toJson(proto::view::Program::Reader program);
kj::String toJson(proto::view::Finding::Reader finding);
kj::String toJson(proto::view::DnsLookup::Reader lookup);
kj::String toJson(proto::view::DnsCached::Reader cached);
kj::String toJson(proto::view::DnsUpstream::Reader upstream);
kj::String toJson(proto::view::DnsQuery::Reader query);
kj::String toJson(proto::view::DnsList::Reader list);
kj::String toJson(proto::view::GateWay::Reader way);
kj::String toJson(proto::view::NameQuery::Reader query);
kj::String toJson(proto::view::HistoryGroup::Reader group);
kj::String toJson(proto::view::HistoryGap::Reader gap);
kj::String toJson(proto::view::ReplayOutcome::Reader outcome);
kj::String toJson(proto::ProfilesView::Reader profiles);
kj::String toJson(proto::TokenView::Reader token);
kj::String toJson(proto::Prompt::Reader prompt);
kj::String toJson(proto::PromptClosed::Reader closed);
kj::String toJson(proto::PromptAnswered::Reader answered);
kj::String toJson(proto::LearnedRule::Reader rule);
kj::String toJson(proto::PromptRecord::Reader record);

}  // namespace portreeve::cli
