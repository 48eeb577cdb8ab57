// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/history.h"

#include "cli/connection-table.h"
#include "cli/local-time.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/time-span.h"

namespace portreeve::cli {
namespace {

namespace view = proto::view;

constexpr uint32_t PAGE = 1000;  // rows in one answer at most (proto/history.capnp)

void fill(proto::HistoryFilter::Builder to, const HistoryFilterOptions& options) {
  uint64_t now = wallNs();
  to.setSince(parseMoment(options.since, "--since", now));
  to.setUntil(parseMoment(options.until, "--until", now));
  to.setProgram(options.program.c_str());
  to.setUser(options.user.c_str());
  to.setUnit(options.unit.c_str());
  to.setAction(options.action.c_str());
  to.setProtocol(options.protocol.c_str());
  to.setDomain(options.domain.c_str());
  to.setRemote(options.remote.c_str());
  to.setRule(options.rule.c_str());
  to.setPort(options.port);
  if (options.in) to.setDirection("in");
  if (options.out) to.setDirection("out");
}

class Past {
public:
  explicit Past(const HistoryOptions& options)
      : options(options),
        history(session.dial<proto::Historian>("historian").historyRequest().send().getHistory()) {}

  int show() {
    if (options.gaps)
      showGaps();
    else if (!options.by.empty())
      showGroups();
    else if (options.queries)
      showQueries();
    else if (options.questions)
      showQuestions();
    else
      showConnections();
    return GOOD;
  }

private:
  const HistoryOptions& options;
  Session session;
  proto::History::Client history;

  template <typename Request>
  Request& filtered(Request& request, uint32_t limit, kj::StringPtr cursor) {
    auto filter = request.initFilter();
    fill(filter, options.filter);
    filter.setLimit(limit);
    filter.setCursor(cursor);
    filter.setOldestFirst(options.oldestFirst);
    return request;
  }

  template <typename Ask>
  void eachPage(Ask&& ask) {
    // ask(limit, cursor) shows a page and says how many rows it had and where the next begins.
    uint32_t left = options.limit;
    kj::String cursor = kj::str();
    for (;;) {
      auto [rows, next] = ask(kj::min(left, PAGE), cursor);
      left -= kj::min(left, uint32_t(rows));
      if (left == 0 || next.size() == 0 || rows == 0) return;
      cursor = kj::mv(next);
    }
  }

  struct Shown {
    size_t rows;
    kj::String next;
  };

  void showConnections() {
    ConnectionTable table;
    eachPage([&](uint32_t limit, kj::StringPtr cursor) {
      auto request = history.connectionsRequest();
      auto answer = session.await("historian", filtered(request, limit, cursor).send());
      auto page = answer.getPage();
      for (auto connection : page.getConnections()) {
        if (options.json)
          printLine(toJson(connection));
        else
          table.add(connection, wallNs());
      }
      if (!options.json) print(table.takeText());
      if (cursor.size() == 0 && page.getConnections().size() == 0) sayNothing();
      return Shown{page.getConnections().size(), kj::str(page.getNext())};
    });
  }

  void showQueries() {
    Table table{{"TIME"}, {"PROGRAM"}, {"USER"}, {"NAME"}, {"TYPE"}, {"ACTION"}, {"RULE"}};
    bool headings = true;
    eachPage([&](uint32_t limit, kj::StringPtr cursor) {
      auto request = history.queriesRequest();
      auto answer = session.await("historian", filtered(request, limit, cursor).send());
      auto page = answer.getPage();
      for (auto query : page.getQueries()) {
        if (options.json)
          printLine(toJson(query));
        else
          table.add(localTime(query.getTime(), wallNs()), query.getProgram(), query.getUser(),
                    query.getName(), query.getType(),
                    Cell(query.getAction(), colourOfAction(query.getAction())), query.getRule());
      }
      if (!options.json) print(table.takeText(headings));
      headings = false;
      if (cursor.size() == 0 && page.getQueries().size() == 0) sayNothing();
      return Shown{page.getQueries().size(), kj::str(page.getNext())};
    });
  }

  void showQuestions() {
    Table table{{"ASKED"}, {"PROGRAM"}, {"USER"}, {"HOST"}, {"BECAME"}, {"ANSWER"}, {"BY"}};
    bool headings = true;
    eachPage([&](uint32_t limit, kj::StringPtr cursor) {
      auto request = history.promptsRequest();
      auto answer = session.await("historian", filtered(request, limit, cursor).send());
      auto page = answer.getPage();
      for (auto prompt : page.getPrompts()) {
        auto domain = prompt.getDomain();
        if (options.json)
          printLine(toJson(prompt));
        else
          table.add(localTime(prompt.getAsked(), wallNs()), prompt.getProgram().getPath(),
                    prompt.getProgram().getUser(),
                    domain.size() > 0 ? domain : prompt.getDestination().getAddress(),
                    prompt.getHow().size() > 0 ? prompt.getHow() : "open"_kj,
                    kj::str(prompt.getAction(), ' ', prompt.getLifetime(), ' ', prompt.getScope()),
                    prompt.getWho());
      }
      if (!options.json) print(table.takeText(headings));
      headings = false;
      if (cursor.size() == 0 && page.getPrompts().size() == 0) sayNothing();
      return Shown{page.getPrompts().size(), kj::str(page.getNext())};
    });
  }

  void showGroups() {
    auto request = history.summaryRequest();
    filtered(request, options.limit, "");
    request.setBy(options.by.c_str());
    auto answer = session.await("historian", request.send());
    auto number = [](double value) { return kj::str(uint64_t(value)); };
    Table table{{"CONNECTIONS", true},
                {"REFUSED", true},
                {"BYTES IN", true},
                {"BYTES OUT", true},
                {"FIRST"},
                {"LAST"},
                {"WHAT"}};
    for (auto group : answer.getGroups()) {
      if (options.json)
        printLine(toJson(group));
      else
        table.add(number(group.getConnections()), number(group.getRefused()),
                  number(group.getBytesIn()), number(group.getBytesOut()),
                  localTime(group.getFirst(), wallNs()), localTime(group.getLast(), wallNs()),
                  group.getKey().size() > 0 ? kj::str(group.getKey()) : kj::str("-"));
    }
    if (!options.json) print(table.text());
    if (answer.getGroups().size() == 0) sayNothing();
  }

  void showGaps() {
    auto request = history.gapsRequest();
    auto answer = session.await("historian", filtered(request, options.limit, "").send());
    Table table{{"TIME"}, {"CONNECTIONS", true}, {"NAMES", true}, {"WHY"}};
    for (auto gap : answer.getGaps()) {
      if (options.json)
        printLine(toJson(gap));
      else
        table.add(localTime(gap.getTime(), wallNs()), kj::str(uint64_t(gap.getConnections())),
                  kj::str(uint64_t(gap.getQueries())), gap.getReason());
    }
    if (!options.json) print(table.text());
    if (answer.getGaps().size() == 0 && !options.json) say("nothing was missed");
  }

  void sayNothing() {
    if (!options.json) say("nothing of that kind was recorded");
  }
};

}  // namespace

uint64_t parseMoment(const std::string& text, const char* option, uint64_t nowWallNs) {
  if (text.empty()) return 0;
  KJ_IF_MAYBE (moment, momentBefore(text.c_str(), nowWallNs)) return *moment;
  KJ_IF_MAYBE (seconds, parseTime(text.c_str())) return *seconds * 1000;
  throw Failure(WRONG_USE, option, ": \"", text.c_str(),
                "\" is neither a span like 30s, 5m, 2h or 7d nor a time like "
                "2026-11-25T12:00:00Z");
}

int history(const HistoryOptions& options) {
  return Past(options).show();
}

int historyPurge(const HistoryPurgeOptions& options) {
  Session session;
  auto request = session.dial<proto::Historian>("historian").purgeRequest();
  fill(request.initFilter(), options.filter);
  request.setEverything(options.everything);
  auto answer = session.awaitLong("historian", request.send());
  say(kj::str("forgotten: ", uint64_t(answer.getConnections()), " connections and ",
              uint64_t(answer.getQueries()), " names that were asked for"));
  return GOOD;
}

}  // namespace portreeve::cli
