// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-connection.h"

#include "api-gateway/guarded-stream.h"
#include "api-gateway/live-stream.h"
#include "api-gateway/problem.h"
#include "api-gateway/routes.h"
#include "common/log.h"

#include <kj/compat/http.h>
#include <kj/debug.h>

namespace portreeve::gateway {
namespace {

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
  HttpConnection(Site& site, kj::Own<GuardedStream> theStream, Tuple client,
                 OpenConnections::Entry& place)
      : site(site),
        authentication(site.doorkeeper, client, place),
        stream(*theStream),
        server(site.timer, *site.names.table, *this, settings(*this, *this)),
        served(server.listenHttp(kj::mv(theStream))) {
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
    host = site.hosts.find(headers.get(kj::HttpHeaderId::HOST).orDefault(nullptr));
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
  Authentication authentication;
  GuardedStream& stream;  // held by `served`
  kj::StringPtr host;     // as whom we are asked; empty: as somebody else
  bool closing = false;
  bool inRequest = false;
  kj::Promise<void> lingered = nullptr;
  kj::Own<kj::PromiseFulfiller<kj::Promise<void>>> linger;
  kj::HttpServer server;
  kj::Promise<void> served;  // last: destroyed first

  kj::Promise<void> answer(Request request) {
    auto& response = request.response;
    KJ_IF_MAYBE (refusal, refuse(request.method, request.headers, site.names, site.hosts))
      return bounded(send(kj::mv(*refusal), response));
    KJ_IF_MAYBE (endpoint, findEndpoint(request.target.path, request.method)) {
      KJ_IF_MAYBE (refusal, refuseForm(*endpoint, request))
        return bounded(send(kj::mv(*refusal), response));
      if (endpoint->route == Route::EVENTS) return answerWithEvents(kj::mv(request));
      bool slow = endpoint->route == Route::REPLAY || endpoint->route == Route::TRY;
      auto reply = replyTo(*endpoint, kj::mv(request));
      return site.timer.timeoutAfter(slow ? REPLAY_TIME : ANSWER_TIME, kj::mv(reply))
          .then([this, &response](Reply&& made) { return bounded(send(kj::mv(made), response)); });
    }
    return bounded(send(notInTable(request), response));
  }

  kj::Promise<void> bounded(kj::Promise<void> promise) {
    // Also against a client that does not take its answer.
    return site.timer.timeoutAfter(ANSWER_TIME, kj::mv(promise));
  }

  Reply notInTable(const Request& request) {
    auto allowed = allowedMethods(request.target.path);
    if (allowed.size() > 0) return methodNotAllowed(kj::mv(allowed));
    KJ_IF_MAYBE (file, site.ui.find(request.target.path)) {
      if (request.method == kj::HttpMethod::GET || request.method == kj::HttpMethod::HEAD)
        return kj::mv(*file);
      return methodNotAllowed(kj::str("GET, HEAD"));
    }
    return problem(404, "There is nothing of that name.");
  }

  static kj::Maybe<Reply> refuseForm(const Endpoint& endpoint, const Request& request) {
    // Before a byte of the body is read.
    KJ_IF_MAYBE (length, request.body.tryGetLength())
      if (*length > endpoint.longestBody)
        return problemAndClose(
            413, kj::str("The body is longer than ", endpoint.longestBody, " bytes."));
    if (request.headers.isWebSocket() && endpoint.route != Route::EVENTS)
      return problemAndClose(400, "WebSockets are spoken at /api/v1/events alone.");
    return nullptr;
  }

  kj::Promise<Reply> replyTo(const Endpoint& endpoint, Request request) {
    switch (endpoint.route) {
      case Route::PAGE:
        KJ_IF_MAYBE (index, site.ui.find("/")) return kj::mv(*index);
        return plainPage();
      case Route::STYLE:
        return plainStyle();
      case Route::SCRIPT:
        return plainScript();
      case Route::HEALTH:
        return health();
      case Route::OPENAPI:
        return openApi();
      case Route::LOG_IN:
        return login(kj::mv(request));
      default:
        break;
    }
    auto credentials = credentialsOf(request);
    return authentication.admit(credentials)
        .then([this, &endpoint, request = kj::mv(request), byScript = credentials.isForScript()](
                  Authentication::Admitted&& admitted) mutable -> kj::Promise<Reply> {
          KJ_IF_MAYBE (reply, admitted.tryGet<Reply>()) return kj::mv(*reply);
          auto& session = admitted.get<kj::Own<Session>>();
          KJ_IF_MAYBE (refusal, refuseRole(endpoint, request, *session, byScript))
            return kj::mv(*refusal);
          return callApi(endpoint, request, kj::mv(session));
        });
  }

  kj::Maybe<Reply> refuseRole(const Endpoint& endpoint, const Request& request,
                              const Session& session, bool byScript) {
    // A script's token is sent by no browser on its own account: nothing to forge (CSRF).
    if (endpoint.method != kj::HttpMethod::GET && !byScript &&
        request.headers.get(site.names.origin) == nullptr)
      return problemAndClose(403, "What changes something needs an Origin: that of this server.");
    auto needed = endpoint.needs.orDefault(SessionRole::OBSERVE);
    if (session.role >= needed) return nullptr;
    return problem(403, kj::str("This session may ", roleText(session.role),
                                " alone, and this needs ", roleText(needed), "."));
  }

  kj::Promise<Reply> callApi(const Endpoint& endpoint, Request& request, kj::Own<Session> session) {
    Call call;
    call.route = endpoint.route;
    call.query = kj::mv(request.target.query);
    call.ifMatch = kj::str(request.headers.get(site.names.ifMatch).orDefault(nullptr));
    if (endpoint.longestBody == 0) return site.api.answer(kj::mv(session), kj::mv(call));
    return request.body.readAllText(endpoint.longestBody)
        .then([this, call = kj::mv(call), session = kj::mv(session)](kj::String&& body) mutable {
          call.body = kj::mv(body);
          return site.api.answer(kj::mv(session), kj::mv(call));
        });
  }

  Credentials credentialsOf(const Request& request) {
    auto& headers = request.headers;
    auto offered = headers.isWebSocket() ? headers.get(site.names.webSocketProtocol) : nullptr;
    return Credentials::of(headers.get(site.names.cookie), headers.get(site.names.authorization),
                           offered);
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
    auto body = request.body.readAllText(MAX_BODY);
    return authentication.mayTry().then(
        [this,
         body = kj::mv(body)](kj::OneOf<uid_t, Reply>&& asking) mutable -> kj::Promise<Reply> {
          KJ_IF_MAYBE (reply, asking.tryGet<Reply>()) return kj::mv(*reply);
          uid_t uid = asking.get<uid_t>();
          return body.then([this, uid](kj::String&& text) { return site.api.login(text, uid); })
              .then([this, uid](Reply&& reply) {
                authentication.tried(uid, reply.status);
                return kj::mv(reply);
              });
        });
  }

  // The live stream --------------------------------------------------------

  kj::Promise<void> answerWithEvents(Request request) {
    auto& response = request.response;
    if (site.counters.followers >= MAX_FOLLOWERS)
      return bounded(send(problem(503, "Too many follow the live stream already."), response));
    ConnectionQuery::OfStream wanted;
    wanted.after = kj::str(request.headers.get(site.names.lastEventId).orDefault(nullptr));
    auto parsed = ConnectionQuery::parse(request.target.query, wanted);
    auto form = request.headers.isWebSocket() ? EventForm::JSON : EventForm::SERVER_SENT;
    return authentication.admit(credentialsOf(request))
        .then([this, form, wanted = kj::mv(wanted), parsed = kj::mv(parsed),
               &response](Authentication::Admitted&& admitted) mutable {
          KJ_IF_MAYBE (reply, admitted.tryGet<Reply>())
            return bounded(send(kj::mv(*reply), response));
          KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>())
            return bounded(send(problem(400, wrong->reason), response));
          return follow(kj::mv(admitted.get<kj::Own<Session>>()),
                        kj::mv(parsed.get<ConnectionQuery>()), form, kj::mv(wanted), response);
        });
  }

  kj::Promise<void> follow(kj::Own<Session> session, ConnectionQuery query, EventForm form,
                           ConnectionQuery::OfStream wanted, Response& response) {
    auto& asking = *session;
    site.counters.followers++;
    return site.timer.timeoutAfter(POLICY_TIME, site.events.join(asking))
        .then(
            [this, session = kj::mv(session), query = kj::mv(query), form, wanted = kj::mv(wanted),
             &response](EventHub::Joined&& joined) mutable {
              EventCursor cursor(kj::mv(joined.log), kj::mv(query), form, wanted.after);
              auto prompts = PromptFeed::watch(*session, wanted.present);
              return sendStream(LiveStream{kj::mv(session), kj::mv(joined.follower), kj::mv(cursor),
                                           kj::mv(prompts), site.sessions, site.timer},
                                form, response);
            },
            [this, session = kj::addRef(asking), &response](kj::Exception&& e) mutable {
              return bounded(send(site.api.policyFailed(*session, e), response));
            })
        .attach(kj::defer([this]() { site.counters.followers--; }));
  }

  kj::Promise<void> sendStream(LiveStream live, EventForm form, Response& response) {
    kj::HttpHeaders headers(*site.names.table);
    addSecurityHeaders(headers, host);
    if (form == EventForm::SERVER_SENT) {
      headers.set(kj::HttpHeaderId::CONTENT_TYPE, "text/event-stream");
      return sendEvents(kj::mv(live), response.send(200, reasonPhrase(200), headers));
    }
    if (!stream.expectWebSocket(MAX_CLIENT_MESSAGE))
      return bounded(send(
          problemAndClose(400, "Nothing may follow before the WebSocket is agreed."), response));
    headers.set(site.names.webSocketProtocol, EVENTS_PROTOCOL);
    return sendEvents(kj::mv(live), response.acceptWebSocket(headers));
  }

  // Sending ----------------------------------------------------------------

  kj::Promise<void> send(Reply reply, Response& response) {
    if (reply.status >= 400) site.counters.refused++;
    closing = closing || reply.close;
    kj::HttpHeaders headers(*site.names.table);
    addSecurityHeaders(headers, host, reply.lasting);
    headers.set(kj::HttpHeaderId::CONTENT_TYPE, reply.contentType);
    if (reply.setCookie.size() > 0) headers.set(site.names.setCookie, reply.setCookie);
    if (reply.etag.size() > 0) headers.set(site.names.etag, reply.etag);
    if (reply.allow.size() > 0) headers.set(site.names.allow, reply.allow);
    if (reply.retryAfter > 0) headers.set(site.names.retryAfter, kj::str(reply.retryAfter));
    if (reply.status == 401) headers.set(site.names.wwwAuthenticate, "Bearer");
    auto content = reply.kept == nullptr ? reply.body.asArray() : reply.kept;
    auto body = response.send(reply.status, reasonPhrase(reply.status), headers, content.size());
    auto written = body->write(content.begin(), content.size());
    return written.attach(kj::mv(body), kj::mv(reply)).then([this]() {
      // Not at once: closing with unread bytes is a reset, and the client may lose the answer.
      if (closing) linger->fulfill(site.timer.afterDelay(LINGER_TIME));
    });
  }
};

}  // namespace

kj::Promise<void> serveConnection(Site& site, kj::Own<kj::AsyncIoStream> stream, Tuple client,
                                  OpenConnections::Entry& place) {
  auto connection =
      kj::heap<HttpConnection>(site, kj::heap<GuardedStream>(kj::mv(stream)), client, place);
  auto end = connection->onEnd();
  return end
      .catch_([](kj::Exception&& e) {
        // Whatever a client does is its own affair; it is no error of this process.
        log::debug(kj::str("HTTP connection: ", e.getDescription()));
      })
      .attach(kj::mv(connection));
}

}  // namespace portreeve::gateway
