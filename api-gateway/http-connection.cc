// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-connection.h"

#include "api-gateway/events.h"
#include "api-gateway/problem.h"
#include "api-gateway/routes.h"
#include "api-gateway/static-files.h"
#include "common/clock.h"
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
  HttpConnection(Site& site, kj::Own<kj::AsyncIoStream> stream, Tuple client)
      : site(site),
        client(client),
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
  Tuple client;
  kj::Maybe<uint32_t> askerUid;  // once it was asked for
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
      KJ_IF_MAYBE (refusal, refuseChange(*route, request))
        return bounded(send(kj::mv(*refusal), request.response));
      if (*route == Route::EVENTS) return answerWithEvents(kj::mv(request));
      auto& response = request.response;
      auto time = *route == Route::REPLAY || *route == Route::TRY ? REPLAY_TIME : ANSWER_TIME;
      auto reply = replyTo(*route, kj::mv(request));
      return site.timer.timeoutAfter(time, kj::mv(reply)).then([this, &response](Reply&& made) {
        return bounded(send(kj::mv(made), response));
      });
    }
    return bounded(send(problem(404, "There is nothing of that name."), request.response));
  }

  kj::Promise<void> bounded(kj::Promise<void> promise) {
    // Also against a client that does not take its answer.
    return site.timer.timeoutAfter(ANSWER_TIME, kj::mv(promise));
  }

  kj::Maybe<Reply> refuseChange(Route route, const Request& request) {
    // Before a byte of the body is read.
    if (request.method != kj::HttpMethod::POST && request.method != kj::HttpMethod::DELETE)
      return nullptr;
    KJ_IF_MAYBE (length, request.body.tryGetLength())
      if (*length > longestBody(route))
        return problemAndClose(413,
                               kj::str("The body is longer than ", longestBody(route), " bytes."));
    if (route == Route::SESSION && request.method == kj::HttpMethod::POST) return nullptr;
    if (request.headers.get(site.names.origin) == nullptr)
      return problemAndClose(403, "What changes something needs an Origin: that of this server.");
    return nullptr;
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
      case Route::OPENAPI:
        return openApi();
      default:
        break;
    }
    if (route == Route::SESSION && request.method == kj::HttpMethod::POST)
      return login(kj::mv(request));
    KJ_IF_MAYBE (session, sessionOf(request)) {
      auto& whose = **session;
      return refuseStranger(whose).then(
          [this, route, request = kj::mv(request),
           session = kj::mv(*session)](kj::Maybe<Reply>&& refusal) mutable -> kj::Promise<Reply> {
            KJ_IF_MAYBE (reply, refusal) return kj::mv(*reply);
            return replyTo(route, kj::mv(request), kj::mv(session));
          });
    }
    return problem(401, NOT_LOGGED_IN);
  }

  kj::Promise<Reply> replyTo(Route route, Request request, kj::Own<Session> session) {
    auto& api = site.api;
    switch (route) {
      case Route::STATUS:
        return api.status(kj::mv(session));
      case Route::METRICS:
        return api.metrics(kj::mv(session));
      case Route::EXPLAIN:
        return api.explain(kj::mv(session), request.target.query);
      case Route::CONFIRM:
        return api.confirm(kj::mv(session));
      case Route::SESSION:
        return request.method == kj::HttpMethod::DELETE ? api.logout(*session)
                                                        : api.whoAmI(*session);
      case Route::RULES:
        return rules(kj::mv(request), kj::mv(session));
      case Route::TRY:
      case Route::REPLAY:
        return withBody(request).then(
            [&api, route, session = kj::mv(session)](kj::String&& body) mutable {
              return route == Route::TRY ? api.tryRules(kj::mv(session), body)
                                         : api.replay(kj::mv(session), body);
            });
      case Route::PAST:
      case Route::PAST_NAMES:
      case Route::PAST_GROUPS:
      case Route::PAST_GAPS:
        return past(route, kj::mv(request), kj::mv(session));
      default:
        break;
    }
    auto query = ConnectionQuery::parse(request.target.query);
    KJ_IF_MAYBE (wrong, query.tryGet<Wrong>()) return problem(400, wrong->reason);
    return api.connections(kj::mv(session), query.get<ConnectionQuery>());
  }

  kj::Promise<Reply> rules(Request request, kj::Own<Session> session) {
    auto& api = site.api;
    auto ifMatch = kj::str(request.headers.get(site.names.ifMatch).orDefault(nullptr));
    if (request.method == kj::HttpMethod::DELETE)
      return api.removeRule(kj::mv(session), ifMatch, request.target.query);
    if (request.method != kj::HttpMethod::POST) return api.rules(kj::mv(session));
    return withBody(request).then(
        [&api, ifMatch = kj::mv(ifMatch), session = kj::mv(session)](kj::String&& body) mutable {
          return api.addRules(kj::mv(session), ifMatch, body);
        });
  }

  kj::Promise<Reply> past(Route route, Request request, kj::Own<Session> session) {
    auto parsed = HistoryQuery::parse(request.target.query, wallNs());
    KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return problem(400, wrong->reason);
    auto& query = parsed.get<HistoryQuery>();
    switch (route) {
      case Route::PAST_NAMES:
        return site.api.pastNames(kj::mv(session), query);
      case Route::PAST_GROUPS:
        return site.api.pastGroups(kj::mv(session), query);
      case Route::PAST_GAPS:
        return site.api.pastGaps(kj::mv(session), query);
      default:
        return site.api.pastConnections(kj::mv(session), query);
    }
  }

  kj::Promise<kj::String> withBody(Request& request) { return request.body.readAllText(MAX_BODY); }

  // Who asks ---------------------------------------------------------------

  kj::Promise<uint32_t> asker() {
    // The user whose program holds the other end, asked once a connection: cookie and token may be
    // right and yet be somebody else's.
    KJ_IF_MAYBE (known, askerUid) return *known;
    return site.timer.timeoutAfter(ASKER_TIME, site.suite.ownerOf(client))
        .then([this](uint32_t uid) {
          askerUid = uid;
          return uid;
        });
  }

  kj::Promise<kj::Maybe<Reply>> refuseStranger(const Session& session) {
    return asker().then(
        [uid = session.uid](uint32_t asking) -> kj::Maybe<Reply> {
          if (asking == uid) return nullptr;
          log::warning(
              kj::str("the session of uid ", uid, " was shown by a program of uid ", asking));
          return problemAndClose(403, "This session is another user's.");
        },
        [](kj::Exception&& e) -> kj::Maybe<Reply> { return unknownAsker(e); });
  }

  static Reply unknownAsker(const kj::Exception& e) {
    log::debug(kj::str("whose client it is: ", e.getDescription()));
    return problem(503, "It cannot be told whose program asks: the attributor does not answer.");
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
    auto body = withBody(request);
    return asker().then(
        [this, body = kj::mv(body)](uint32_t uid) mutable {
          return body.then([this, uid](kj::String&& text) { return site.api.login(text, uid); });
        },
        [](kj::Exception&& e) -> kj::Promise<Reply> { return unknownAsker(e); });
  }

  // The live stream --------------------------------------------------------

  kj::Promise<void> answerWithEvents(Request request) {
    auto& response = request.response;
    KJ_IF_MAYBE (session, sessionOf(request)) {
      if (site.counters.followers >= MAX_FOLLOWERS)
        return bounded(send(problem(503, "Too many follow the live stream already."), response));
      auto query = ConnectionQuery::parse(request.target.query);
      KJ_IF_MAYBE (wrong, query.tryGet<Wrong>())
        return bounded(send(problem(400, wrong->reason), response));
      auto wanted = resumed(request, query.get<ConnectionQuery>());
      auto& whose = **session;
      return refuseStranger(whose).then([this, wanted = kj::mv(wanted), session = kj::mv(*session),
                                         &response](kj::Maybe<Reply>&& refusal) mutable {
        KJ_IF_MAYBE (reply, refusal) return bounded(send(kj::mv(*reply), response));
        return followAndStream(kj::mv(session), wanted, response);
      });
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
    if (reply.etag.size() > 0) headers.set(site.names.etag, reply.etag);
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

kj::Promise<void> serveConnection(Site& site, kj::Own<kj::AsyncIoStream> stream, Tuple client) {
  auto connection = kj::heap<HttpConnection>(site, kj::mv(stream), client);
  auto end = connection->onEnd();
  return end
      .catch_([](kj::Exception&& e) {
        // Whatever a client does is its own affair; it is no error of this process.
        log::debug(kj::str("HTTP connection: ", e.getDescription()));
      })
      .attach(kj::mv(connection));
}

}  // namespace portreeve::gateway
