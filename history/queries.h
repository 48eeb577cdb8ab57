// SPDX-License-Identifier: GPL-3.0-or-later
// Questions about the past, as pure functions of a database and a filter. For the reader's thread.
#pragma once

#include "history/filter.h"
#include "history/sqlite.h"
#include "history/texts.h"
#include "proto/view.capnp.h"

#include <capnp/message.h>
#include <kj/memory.h>
#include <kj/string.h>

namespace portreeve::history {

using Answer = kj::Own<capnp::MallocMessageBuilder>;
// Made by the reader's thread, given to the loop's. Its root is what the function names.

constexpr size_t LARGEST_ANSWER = 8 << 20;  // bytes: half of what a client of the suite reads

Answer findConnections(Database& database, const Filter& filter, int64_t openLife);
// view::ConnectionPage, by time and id. Only of `openLife` (0: none) can a connection be open
// still.

Answer findQueries(Database& database, const Filter& filter);  // view::NameQueryPage

Answer summarize(Database& database, const Filter& filter, kj::StringPtr by);
// proto::History::SummaryResults. Throws FAILED where `by` is not known.

Answer findPrompts(Database& database, const Filter& filter);
// A PromptRecordPage.
Answer findGaps(Database& database, const Filter& filter);  // proto::History::GapsResults

void fillConnection(proto::view::Connection::Builder to, const Statement& row, Texts& texts,
                    int64_t openLife);
// From a row of `connection` (row.h, COLUMNS).

int64_t newestLife(Database& database);

}  // namespace portreeve::history
