// SPDX-License-Identifier: GPL-3.0-or-later
// JSON of proto/view.capnp, as the command's --json writes it, and the one JSON text that is read.
#pragma once

#include "proto/api-view.capnp.h"
#include "proto/dns-view.capnp.h"
#include "proto/gate-view.capnp.h"
#include "proto/modes.capnp.h"
#include "proto/profile.capnp.h"
#include "proto/prompt.capnp.h"
#include "proto/token.capnp.h"
#include "proto/view.capnp.h"

#include <capnp/list.h>
#include <kj/string.h>

namespace portreeve::gateway {

kj::String quoted(kj::StringPtr text);  // a JSON string

kj::String toJson(proto::view::Status::Reader status);
kj::String toJson(proto::view::Connection::Reader connection);  // on one line
kj::String toJson(capnp::List<proto::view::Connection>::Reader connections);
kj::String toJson(capnp::List<proto::view::RuleView>::Reader rules);

kj::String toJson(proto::view::ConnectionPage::Reader page);
kj::String toJson(proto::view::NameQueryPage::Reader page);
kj::String toJson(capnp::List<proto::view::HistoryGroup>::Reader groups);
kj::String toJson(capnp::List<proto::view::HistoryGap>::Reader gaps);
kj::String toJson(proto::view::ReplayOutcome::Reader outcome);
kj::String toJson(proto::view::Explanation::Reader explanation);
kj::String toJson(proto::view::SessionView::Reader session);
kj::String toJson(proto::view::RuleChanged::Reader changed);
kj::String toJson(proto::view::Program::Reader program);
kj::String toJson(proto::view::ProgramPage::Reader page);
kj::String toJson(proto::view::ProgramDetails::Reader details);
kj::String toJson(proto::view::Series::Reader series);
kj::String toJson(proto::view::SettingsPage::Reader page);
kj::String toJson(proto::Prompt::Reader prompt);
kj::String toJson(proto::PromptClosed::Reader closed);
kj::String toJson(proto::PromptAnswered::Reader answered);
kj::String toJson(capnp::List<proto::Prompt>::Reader prompts);
kj::String toJson(capnp::List<proto::LearnedRule>::Reader rules);
kj::String toJson(proto::ProfilesView::Reader profiles);
kj::String toJson(capnp::List<proto::view::GateWay>::Reader ways);
kj::String toJson(proto::TokenView::Reader token);
kj::String toJson(capnp::List<proto::TokenView>::Reader tokens);

kj::String toJson(proto::view::ChangeLog::Reader log);
kj::String toJson(proto::view::ChangeUndone::Reader undone);
kj::String toJson(proto::view::DnsLogPage::Reader page);
kj::String toJson(proto::view::DnsCachePage::Reader page);
kj::String toJson(proto::view::DnsUpstreams::Reader upstreams);
kj::String toJson(proto::view::DnsLookup::Reader lookup);
kj::String toJson(proto::view::DnsLists::Reader lists);

kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::RuleReplacement::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::RuleMove::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::UndoRequest::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::RuleChange::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::ReplayRequest::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::TokenWanted::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::FlushRequest::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::PromptReply::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::PromptChosen::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::ModeWanted::Builder to);
kj::Maybe<kj::String> readJson(kj::StringPtr body, proto::view::ProfileWanted::Builder to);
// nullptr when it was read; else why not, for whoever sent it. UTF-8 alone, at most 16 deep, no
// field that is not known.

kj::Maybe<kj::String> parseSecret(kj::StringPtr body);
// {"secret": "<64 hexadecimal digits>"} and nothing else; nullptr for any other text.

}  // namespace portreeve::gateway
