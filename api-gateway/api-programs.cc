// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Api about programs: what each has done, and how that went over time.
#include "api-gateway/api.h"
#include "api-gateway/json.h"
#include "api-gateway/parameters.h"
#include "api-gateway/problem.h"
#include "api-gateway/program-answers.h"
#include "api-gateway/remote-words.h"
#include "common/clock.h"

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr uint32_t MOST_PROGRAMS = 1000, MOST_OF_EACH = 50, MOST_NAMES = 100, MOST_LINES = 10;

using Present = capnp::Response<proto::Observer::ConnectionsResults>;
using Summary = capnp::Response<proto::History::SummaryResults>;
using Names = capnp::Response<proto::History::QueriesResults>;

struct Wanted {
  kj::String program;  // empty: all
  kj::String step;
  uint64_t since = 0, until = 0;
  uint32_t limit = 0;
};

kj::OneOf<Wanted, Wrong> parse(kj::StringPtr query, std::initializer_list<kj::StringPtr> known,
                               uint32_t most, uint32_t usual) {
  auto parsed = Parameters::parse(query, known);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  auto& given = parsed.get<Parameters>();
  Wanted wanted;
  wanted.program = kj::str(given.text("program"));
  wanted.step = kj::str(given.text("step").size() == 0 ? "hour"_kj : given.text("step"));
  if (wanted.step != "hour" && wanted.step != "day") return Wrong{kj::str("step is hour or day.")};
  KJ_IF_MAYBE (limit, given.number("limit", 1, most, usual))
    wanted.limit = uint32_t(*limit);
  else
    return Wrong{kj::str("limit is a number from 1 to ", most, ".")};
  for (auto key : {"since"_kj, "until"_kj}) {
    if (given.text(key).size() == 0) continue;
    KJ_IF_MAYBE (moment, parseMoment(given.text(key), wallNs()))
      (key == "since" ? wanted.since : wanted.until) = *moment;
    else
      return Wrong{kj::str(key, " is a time like 2026-11-25T12:00:00Z, or 30s, 5m, 2h, 7d.")};
  }
  return kj::mv(wanted);
}

kj::Promise<Present> askPresent(Session& session, kj::StringPtr program) {
  auto request = session.observer.connectionsRequest();
  auto filter = request.initFilter();
  filter.setProgram(program);
  filter.setLimit(MOST_LOOKED_AT);
  return request.send();
}

kj::Promise<Summary> summarize(proto::History::Client history, const Wanted& wanted,
                               kj::StringPtr program, kj::StringPtr by, uint32_t limit) {
  auto request = history.summaryRequest();
  auto filter = request.initFilter();
  filter.setSince(wanted.since);
  filter.setUntil(wanted.until);
  filter.setProgram(program);
  filter.setLimit(limit);
  request.setBy(by);
  return request.send();
}

kj::Promise<Names> askNames(proto::History::Client history, const Wanted& wanted) {
  auto request = history.queriesRequest();
  auto filter = request.initFilter();
  filter.setSince(wanted.since);
  filter.setUntil(wanted.until);
  filter.setProgram(wanted.program);
  filter.setLimit(MOST_NAMES);
  return request.send();
}

class Gathering {
  // The answers about one program, asked for one after another: the historian answers few at once.
public:
  Gathering(proto::History::Client history, Wanted wanted, Present present)
      : history(kj::mv(history)), wanted(kj::mv(wanted)), present(kj::mv(present)) {}

  kj::Promise<Reply> run() {
    return ask("program"_kj, 1)
        .then([this]() { return ask("user"_kj, MOST_OF_EACH); })
        .then([this]() { return ask("domain"_kj, MOST_OF_EACH); })
        .then([this]() { return ask("remote"_kj, MOST_OF_EACH); })
        .then([this]() { return ask("rule"_kj, MOST_OF_EACH); })
        .then([this]() { return askNames(history, wanted); })
        .then([this](Names&& names) { return finish(names); });
  }

private:
  proto::History::Client history;
  Wanted wanted;
  Present present;
  kj::Vector<Summary> summaries;

  kj::Promise<void> ask(kj::StringPtr by, uint32_t limit) {
    return summarize(history, wanted, wanted.program, by, limit).then([this](Summary&& answer) {
      summaries.add(kj::mv(answer));
    });
  }

  Reply finish(proto::History::QueriesResults::Reader names) {
    if (summaries[0].getGroups().size() == 0 && present.getConnections().size() == 0)
      return problem(404, "No connection of that program is known for that time.");
    capnp::MallocMessageBuilder message;
    auto details = message.initRoot<view::ProgramDetails>();
    fillSummary(details.initSummary(), wanted.program, summaries[0].getGroups(),
                present.getConnections());
    KJ_IF_MAYBE (newest, newestOf(wanted.program, present.getConnections()))
      details.setIdentity(newest->getProcess());
    details.setUsers(summaries[1].getGroups());
    details.setDomains(summaries[2].getGroups());
    details.setRemotes(summaries[3].getGroups());
    details.setRules(summaries[4].getGroups());
    details.setNames(names.getPage().getQueries());
    return json(toJson(details.asReader()));
  }
};

class Lines {
  // A series for each of the programs with the most connections, one after another.
public:
  Lines(proto::History::Client history, Wanted wanted)
      : history(kj::mv(history)), wanted(kj::mv(wanted)) {}

  kj::Promise<Reply> run() {
    return summarize(history, wanted, wanted.program, "program"_kj, wanted.limit)
        .then([this](Summary&& answer) {
          // What nobody could be named for is asked for by no filter.
          for (auto group : answer.getGroups())
            if (group.getKey().size() > 0) programs.add(kj::str(group.getKey()));
          return next();
        });
  }

private:
  proto::History::Client history;
  Wanted wanted;
  kj::Vector<kj::String> programs;
  kj::Vector<Summary> lines;

  kj::Promise<Reply> next() {
    if (lines.size() == programs.size()) return finish();
    return summarize(history, wanted, programs[lines.size()], wanted.step, 1000)
        .then([this](Summary&& answer) {
          lines.add(kj::mv(answer));
          return next();
        });
  }

  Reply finish() {
    capnp::MallocMessageBuilder message;
    auto series = message.initRoot<view::Series>();
    series.setStep(wanted.step);
    auto list = series.initLines(uint(lines.size()));
    for (uint i = 0; i < list.size(); i++) {
      list[i].setProgram(programs[i]);
      list[i].setPoints(lines[i].getGroups());
    }
    return json(toJson(series.asReader()));
  }
};

}  // namespace

kj::Promise<Reply> Api::programs(kj::Own<Session> session, kj::StringPtr query) {
  auto parsed = parse(query, {"since"_kj, "until"_kj, "limit"_kj}, MOST_PROGRAMS, MOST_PROGRAMS);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  auto wanted = kj::heap<Wanted>(kj::mv(parsed.get<Wanted>()));
  auto present = askPresent(*session, "");
  auto reply = present.then([this, &wanted = *wanted](Present&& now) -> kj::Promise<Reply> {
    auto shared = kj::heap<Present>(kj::mv(now));
    auto& known = *shared;
    auto answer = [&known, &wanted](Groups past, bool isPast) {
      capnp::MallocMessageBuilder message;
      auto page = message.initRoot<view::ProgramPage>();
      fillPrograms(page, past, known.getConnections(), wanted.limit);
      page.setPast(isPast);
      return json(toJson(page.asReader()));
    };
    KJ_IF_MAYBE (historian, suite.historian()) {
      auto history = historian->historyRequest().send().getHistory();
      return summarize(history, wanted, "", "program"_kj, MOST_PROGRAMS)
          .then([answer](Summary&& past) { return answer(past.getGroups(), true); },
                [answer](kj::Exception&&) { return answer(Groups(), false); })
          .attach(kj::mv(shared));
    }
    return answer(Groups(), false);
  });
  return orProblem(kj::mv(session), reply.attach(kj::mv(wanted)));
}

kj::Promise<Reply> Api::program(kj::Own<Session> session, kj::StringPtr query) {
  auto parsed = parse(query, {"program"_kj, "since"_kj, "until"_kj}, 1, 1);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  auto& wanted = parsed.get<Wanted>();
  if (!wanted.program.startsWith("/")) return problem(400, "Say the program: its whole path.");
  auto present = askPresent(*session, wanted.program);
  return askPast(kj::addRef(*session), [&](proto::History::Client& history) {
    return present.then([history, wanted = kj::mv(wanted)](Present&& now) mutable {
      auto gathering = kj::heap<Gathering>(kj::mv(history), kj::mv(wanted), kj::mv(now));
      auto running = gathering->run();
      return running.attach(kj::mv(gathering));
    });
  });
}

kj::Promise<Reply> Api::series(kj::Own<Session> session, kj::StringPtr query) {
  auto parsed =
      parse(query, {"program"_kj, "step"_kj, "since"_kj, "until"_kj, "limit"_kj}, MOST_LINES, 5);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
  return askPast(kj::mv(session), [&](proto::History::Client& history) {
    auto lines = kj::heap<Lines>(history, kj::mv(parsed.get<Wanted>()));
    auto running = lines->run();
    return running.attach(kj::mv(lines));
  });
}

}  // namespace portreeve::gateway
