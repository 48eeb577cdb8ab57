// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/connections.h"

#include "cli/connection-table.h"
#include "cli/session.h"
#include "common/clock.h"
#include "common/json.h"
#include "proto/policy.capnp.h"

namespace portreeve::cli {
namespace {

class Printer {
public:
  explicit Printer(bool json) : json(json) {}

  void show(capnp::List<proto::view::Connection>::Reader connections) {
    for (auto connection : connections) {
      if (json)
        printLine(toJson(connection));
      else
        table.add(connection, wallNs());
    }
    if (!json) print(table.takeText());
  }

private:
  bool json;
  ConnectionTable table;
};

class PrintingSink final : public proto::ConnectionSink::Server {
public:
  explicit PrintingSink(Printer& printer) : printer(printer) {}

  kj::Promise<void> connections(ConnectionsContext context) override {
    printer.show(context.getParams().getChanged());
    return kj::READY_NOW;
  }

  kj::Promise<void> missed(MissedContext context) override {
    say(kj::str(context.getParams().getCount(),
                " changes are not shown: they came faster than they could be written"));
    return kj::READY_NOW;
  }

private:
  Printer& printer;
};

void fill(proto::ConnectionFilter::Builder filter, const ConnectionsOptions& options) {
  filter.setLimit(options.limit.value_or(0));
  filter.setProgram(options.program.c_str());
  filter.setAction(options.action.c_str());
  filter.setOpenOnly(options.openOnly);
}

void list(Session& session, const ConnectionsOptions& options) {
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto request = observer.connectionsRequest();
  fill(request.initFilter(), options);
  auto answer = session.await("policy", request.send());
  if (answer.getConnections().size() == 0 && !options.json) return say("no connections");
  Printer(options.json).show(answer.getConnections());
}

void followUntilPolicyGoes(Session& session, const ConnectionsOptions& options, Printer& printer) {
  auto observer = session.dial<proto::Policy>("policy").observeRequest().send().getObserver();
  auto request = observer.followRequest();
  fill(request.initFilter(), options);
  request.setSink(kj::heap<PrintingSink>(printer));
  auto answer = session.await("policy", request.send());
  session.waitUntilGone("policy");  // `answer` holds the subscription until then
}

[[noreturn]] void follow(Session& session, const ConnectionsOptions& options) {
  Printer printer(options.json);
  for (;;) {
    followUntilPolicyGoes(session, options, printer);
    session.waitForReturn("policy");
  }
}

}  // namespace

int connections(const ConnectionsOptions& options) {
  Session session;
  if (options.follow) follow(session, options);
  list(session, options);
  return GOOD;
}

}  // namespace portreeve::cli
