// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-connection.h"

#include "api-gateway/events.h"
#include "api-gateway/problem.h"
#include "api-gateway/routes.h"
#include "api-gateway/static-files.h"
#include "common/log.h"

#include <kj/compat/http.h>
#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

constexpr auto NOT_LOGGED_IN =
    "Log in with the link that `portreeve ui` prints: its cookie and its token are both needed."_kj;

kj::HttpServerSettings settings(kj::HttpServerErrorHandler& errors,
                                kj::HttpServerCallbacks& callbacks) {
  kj::HttpServerSettings result;
  result.headerTimeout = HEADER_TIME;
  result.pipelineTimeout = KEEP_ALIVE_TIME;
  result.canceledUploadGraceBytes = MAX_BODY;
  result.errorHandler = errors;
  result.callbacks = callbacks;
  return result;
}

class HttpConnection final : public kj::HttpService,
                             public kj::HttpServerErrorHandler,
                             public kj::HttpServerCallbacks {
public:
  HttpConnection(Site& site, kj::Own<kj::AsyncIoStream> stream)
      : site(site),
        server(site.timer, *site.names.table, *this, settings(*this, *this)),
        served(server.listenHttp(kj::mv(stream))) {
    auto paf = kj::newPromiseAndFulfiller<kj::Promise<void>>();
    lingered = kj::mv(paf.promise);
    linger = kj::mv(paf.fulfiller);
  }

  kj::Promise<void> onEnd() { return served.exclusiveJoin(kj::mv(lingered)); }

  kj::Promise<void> request(kj::HttpMethod method, kj::StringPtr url,
                            const kj::HttpHeaders& headers, kj::AsyncInputStream& body,
                            Response& response) override {
    // KJ 0.9.2 says "Connection: close" and still goes on with what the client sent meanwhile.
    if (closing) return KJ_EXCEPTION(DISCONNECTED, "a request after the last answer");
    inRequest = true;
    site.counters.requests++;
    return answer(Request{method, Target::of(url), headers, body, response}).then([this]() {
      inRequest = false;
    });
  }

  bool shouldClose() override { return closing; }

  kj::Promise<void> handleClientProtocolError(kj::HttpHeaders::ProtocolError error,
                                              Response& response) override {
    if (closing) return kj::READY_NOW;
    return send(problem(error.statusCode, "This is not a request that can be read."), response);
  }

  kj::Promise<void> handleApplicationError(kj::Exception e,
                                           kj::Maybe<Response&> response) override {
    if (closing) return kj::READY_NOW;
    KJ_IF_MAYBE (unanswered, response) {
      // KJ throws for some heads that it does not like before it hands them over.
      if (!inRequest)
        return send(problem(400, "This is not a request that can be read."), *unanswered);
      log::exception("answering a request", e);
      return send(problem(500, "The gateway failed; its log says why."), *unanswered);
    }
    log::debug(kj::str("HTTP: ", e.getDescription()));  // it went while it was answered
    return kj::READY_NOW;
  }

  kj::Promise<void> handleNoResponse(Response& response) override {
    return send(problem(500, "The gateway gave no answer."), response);
  }

private:
  struct Request {
    kj::HttpMethod method;
    Target target;
    const kj::HttpHeaders& headers;  // valid until the body is read
    kj::AsyncInputStream& body;
    Response& response;
  };

  Site& site;
  bool closing = false;
  bool inRequest = false;
  kj::Promise<void> lingered = nullptr;
  kj::Own<kj::PromiseFulfiller<kj::Promise<void>>> linger;
  kj::HttpServer server;
  kj::Promise<void> served;  // last: destroyed first

  kj::Promise<void> answer(Request request) {
    KJ_IF_MAYBE (refusal, refuse(request.method, request.headers, site.names, site.hosts)) {
      return bounded(send(kj::mv(*refusal), request.response));
    }
    KJ_IF_MAYBE (route, findRoute(request.target.path)) {
      if (!allows(*route, request.method))
        return bounded(send(methodNotAllowed(allowedMethods(*route)), request.response));
      if (*route == Route::EVENTS) return answerWithEvents(kj::mv(request));
      auto& response = request.response;
      return bounded(replyTo(*route, kj::mv(request)).then([this, &response](Reply&& reply) {
        return send(kj::mv(reply), response);
      }));
    }
    return bounded(send(problem(404, "There is nothing of that name."), request.response));
  }

  kj::Promise<void> bounded(kj::Promise<void> promise) {
    // Also against a client that does not take its answer.
    return site.timer.timeoutAfter(ANSWER_TIME, kj::mv(promise));
  }

  kj::Promise<Reply> replyTo(Route route, Request request) {
    switch (route) {
      case Route::PAGE:
        return pageHtml();
      case Route::STYLE:
        return pageStyle();
      case Route::SCRIPT:
        return pageScript();
      case Route::HEALTH:
        return health();
      case Route::LOGIN:
        return login(kj::mv(request));
      default:
        break;
    }
    KJ_IF_MAYBE (session, sessionOf(request)) {
      return replyTo(route, kj::mv(request), kj::mv(*session));
    }
    return problem(401, NOT_LOGGED_IN);
  }

  kj::Promise<Reply> replyTo(Route route, Request request, kj::Own<Session> session) {
    if (route == Route::STATUS) return site.api.status(kj::mv(session));
    if (route == Route::RULES) return site.api.rules(kj::mv(session));
    auto query = ConnectionQuery::parse(request.target.query);
    KJ_IF_MAYBE (wrong, query.tryGet<ConnectionQuery::Wrong>()) return problem(400, wrong->reason);
    return site.api.connections(kj::mv(session), query.get<ConnectionQuery>());
  }

  kj::Maybe<kj::Own<Session>> sessionOf(const Request& request) {
    auto credentials = Credentials::of(request.headers.get(site.names.cookie),
                                       request.headers.get(site.names.authorization));
    return site.sessions.find(credentials);
  }

  static Reply health() {
    Reply reply;
    reply.contentType = "text/plain; charset=utf-8"_kj;
    reply.body = kj::str("ok\n");
    return reply;
  }

  kj::Promise<Reply> login(Request request) {
    auto type = request.headers.get(kj::HttpHeaderId::CONTENT_TYPE).orDefault(nullptr);
    // A form of another site cannot send this type without asking first (CORS).
    if (type != "application/json" && !type.startsWith("application/json;"))
      return problemAndClose(415, "Content-Type is not application/json.");
    return request.body.readAllText(MAX_BODY).then(
        [this](kj::String&& text) { return site.api.login(text); });
  }

  // The live stream --------------------------------------------------------

  kj::Promise<void> answerWithEvents(Request request) {
    auto& response = request.response;
    KJ_IF_MAYBE (session, sessionOf(request)) {
      if (site.counters.followers >= MAX_FOLLOWERS)
        return bounded(send(problem(503, "Too many follow the live stream already."), response));
      auto query = ConnectionQuery::parse(request.target.query);
      KJ_IF_MAYBE (wrong, query.tryGet<ConnectionQuery::Wrong>())
        return bounded(send(problem(400, wrong->reason), response));
      return followAndStream(kj::mv(*session), resumed(request, query.get<ConnectionQuery>()),
                             response);
    }
    return bounded(send(problem(401, NOT_LOGGED_IN), response));
  }

  ConnectionQuery resumed(const Request& request, ConnectionQuery& query) {
    // An id that is none of ours starts the stream anew: resuming is best effort.
    KJ_IF_MAYBE (text, request.headers.get(site.names.lastEventId)) {
      KJ_IF_MAYBE (id, parseEventId(*text)) query.afterId = *id;
    }
    return kj::mv(query);
  }

  kj::Promise<void> followAndStream(kj::Own<Session> session, const ConnectionQuery& query,
                                    Response& response) {
    auto& asking = *session;
    auto agreed = site.timer.timeoutAfter(POLICY_TIME, follow(kj::addRef(*session), query));
    site.counters.followers++;
    return agreed
        .then([this, &response](Follower&& follower) { return stream(kj::mv(follower), response); },
              [this, &asking, &response](kj::Exception&& e) {
                return bounded(send(site.api.policyFailed(asking, e), response));
              })
        .attach(kj::mv(session), kj::defer([this]() { site.counters.followers--; }));
  }

  kj::Promise<void> stream(Follower follower, Response& response) {
    kj::HttpHeaders headers(*site.names.table);
    addSecurityHeaders(headers);
    headers.set(kj::HttpHeaderId::CONTENT_TYPE, "text/event-stream");
    auto out = response.send(200, reasonPhrase(200), headers);
    return streamEvents(kj::mv(follower), kj::mv(out), site.sessions, site.timer);
  }

  // Sending ----------------------------------------------------------------

  kj::Promise<void> send(Reply reply, Response& response) {
    if (reply.status >= 400) site.counters.refused++;
    closing = closing || reply.close;
    kj::HttpHeaders headers(*site.names.table);
    addSecurityHeaders(headers);
    headers.set(kj::HttpHeaderId::CONTENT_TYPE, reply.contentType);
    if (reply.setCookie.size() > 0) headers.set(site.names.setCookie, reply.setCookie);
    if (reply.allow.size() > 0) headers.set(site.names.allow, reply.allow);
    if (reply.status == 401) headers.set(site.names.wwwAuthenticate, "Bearer");
    auto body = response.send(reply.status, reasonPhrase(reply.status), headers, reply.body.size());
    auto written = body->write(reply.body.begin(), reply.body.size());
    return written.attach(kj::mv(body), kj::mv(reply)).then([this]() {
      // Not at once: closing with unread bytes is a reset, and the client may lose the answer.
      if (closing) linger->fulfill(site.timer.afterDelay(LINGER_TIME));
    });
  }
};

}  // namespace

kj::Promise<void> serveConnection(Site& site, kj::Own<kj::AsyncIoStream> stream) {
  auto connection = kj::heap<HttpConnection>(site, kj::mv(stream));
  auto end = connection->onEnd();
  return end
      .catch_([](kj::Exception&& e) {
        // Whatever a client does is its own affair; it is no error of this process.
        log::debug(kj::str("HTTP connection: ", e.getDescription()));
      })
      .attach(kj::mv(connection));
}

}  // namespace portreeve::gateway
