// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/https-transport.h"

#include <kj/debug.h>
#include <kj/vector.h>
#include <nghttp2/nghttp2.h>

#include <cstring>
#include <unordered_map>

namespace portreeve::resolver {
namespace {

constexpr size_t LARGEST = 65535;
constexpr size_t PART = 16384;

kj::Exception gone(kj::StringPtr reason) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str("HTTPS: ", reason));
}

nghttp2_nv field(kj::StringPtr name, kj::StringPtr value) {
  auto octets = [](kj::StringPtr text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.begin()));
  };
  return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

struct SessionCallbacks {
  nghttp2_session_callbacks* callbacks;
  SessionCallbacks() {
    KJ_REQUIRE(nghttp2_session_callbacks_new(&callbacks) == 0, "nghttp2 has no memory");
  }
  ~SessionCallbacks() { nghttp2_session_callbacks_del(callbacks); }
};

}  // namespace

class HttpsTransport::Session final : public Connection {
public:
  Session(HttpsTransport& transport, kj::Timer& timer, kj::Own<Wire> inner)
      : transport(transport),
        timer(timer),
        wire(kj::mv(inner)),
        buffer(kj::heapArray<kj::byte>(PART)),
        lastUsed(timer.now()) {
    SessionCallbacks c;
    nghttp2_session_callbacks_set_on_header_callback(c.callbacks, &onHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c.callbacks, &onData);
    nghttp2_session_callbacks_set_on_stream_close_callback(c.callbacks, &onClose);
    KJ_REQUIRE(nghttp2_session_client_new(&session, c.callbacks, this) == 0,
               "nghttp2 has no memory");
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                         {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, kj::size(settings));
    running = readNext()
                  .exclusiveJoin(endWhenIdle())
                  .then([this]() { fail(gone("the server closed the connection")); },
                        [this](kj::Exception&& e) { fail(e); })
                  .eagerlyEvaluate(nullptr);
    send();
  }
  ~Session() noexcept(false) override { nghttp2_session_del(session); }

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) override {
    KJ_IF_MAYBE (e, ended) return kj::cp(*e);
    auto request = kj::heap<Request>();
    request->query = kj::heapArray(query);
    auto length = kj::str(query.size());
    nghttp2_nv fields[] = {
        field(":method", "POST"),
        field(":scheme", "https"),
        field(":authority", transport.authority),
        field(":path", transport.path),
        field("accept", "application/dns-message"),
        field("content-type", "application/dns-message"),
        field("content-length", length),
    };
    nghttp2_data_provider body;
    body.source.ptr = request.get();
    body.read_callback = &readBody;
    int32_t stream =
        nghttp2_submit_request(session, nullptr, fields, kj::size(fields), &body, request.get());
    if (stream < 0) {
      auto e = gone(nghttp2_strerror(stream));
      fail(e);  // no more streams on this connection
      return kj::mv(e);
    }
    auto paf = kj::newPromiseAndFulfiller<kj::Array<kj::byte>>();
    request->fulfiller = kj::mv(paf.fulfiller);
    requests.emplace(stream, kj::mv(request));
    lastUsed = timer.now();
    send();
    return paf.promise.attach(
        kj::defer([self = kj::addRef(*this), stream]() mutable { self->giveUp(stream); }));
  }

  bool isOpen() const override { return ended == nullptr; }

private:
  struct Request {
    kj::Array<kj::byte> query;
    size_t sent = 0;
    kj::Vector<kj::byte> answer;
    int status = 0;
    bool good = true;
    kj::Own<kj::PromiseFulfiller<kj::Array<kj::byte>>> fulfiller;
  };

  HttpsTransport& transport;
  kj::Timer& timer;
  kj::Own<Wire> wire;
  nghttp2_session* session = nullptr;
  kj::Array<kj::byte> buffer;
  kj::TimePoint lastUsed;
  kj::Maybe<kj::Exception> ended;
  std::unordered_map<int32_t, kj::Own<Request>> requests;
  bool sending = false;
  kj::Promise<void> writing = kj::READY_NOW;
  kj::Promise<void> running = kj::READY_NOW;

  void send() {
    if (sending) return;
    sending = true;
    writing = kj::evalLast([this]() {
                return writeAll();
              }).eagerlyEvaluate([this](kj::Exception&& e) { fail(e); });
  }

  kj::Promise<void> writeAll() {
    kj::Vector<kj::byte> octets;
    const uint8_t* part = nullptr;
    ssize_t size;
    while ((size = nghttp2_session_mem_send(session, &part)) > 0) octets.addAll(part, part + size);
    if (size < 0) return gone(nghttp2_strerror(int(size)));
    if (octets.empty()) {
      sending = false;
      return kj::READY_NOW;
    }
    return wire->write(octets.releaseAsArray()).then([this]() { return writeAll(); });
  }

  kj::Promise<void> readNext() {
    return wire->read(buffer.begin(), 1, buffer.size())
        .then([this](size_t got) -> kj::Promise<void> {
          if (got == 0) return kj::READY_NOW;
          ssize_t taken = nghttp2_session_mem_recv(session, buffer.begin(), got);
          if (taken < 0) return gone(nghttp2_strerror(int(taken)));
          send();  // acknowledgements, window updates
          return readNext();
        });
  }

  kj::Promise<void> endWhenIdle() {
    return timer.afterDelay(IDLE).then([this]() -> kj::Promise<void> {
      if (requests.empty() && timer.now() - lastUsed >= IDLE) return kj::READY_NOW;
      return endWhenIdle();
    });
  }

  void giveUp(int32_t stream) {
    auto found = requests.find(stream);
    if (found == requests.end()) return;
    // The data provider may still point to it.
    nghttp2_session_set_stream_user_data(session, stream, nullptr);
    if (ended == nullptr && found->second->sent == found->second->query.size()) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
      requests.erase(found);
      send();
    } else {
      found->second->fulfiller = nullptr;
    }
  }

  void fail(const kj::Exception& e) {
    if (ended != nullptr) return;
    ended = kj::cp(e);
    for (auto& [id, request] : requests)
      if (request->fulfiller.get() != nullptr) request->fulfiller->reject(kj::cp(e));
  }

  void finish(int32_t stream, uint32_t error) {
    auto found = requests.find(stream);
    if (found == requests.end()) return;
    auto request = kj::mv(found->second);
    requests.erase(found);
    if (request->fulfiller.get() == nullptr) return;
    lastUsed = timer.now();
    if (error != NGHTTP2_NO_ERROR)
      request->fulfiller->reject(gone(nghttp2_http2_strerror(error)));
    else if (request->status != 200)
      request->fulfiller->reject(gone(kj::str("the server answers with status ", request->status)));
    else if (!request->good || !sameQuestion(request->query, request->answer, false))
      request->fulfiller->reject(gone("the server sent something that is no answer"));
    else
      request->fulfiller->fulfill(request->answer.releaseAsArray());
  }

  static Request* requestOf(nghttp2_session* session, int32_t stream) {
    return static_cast<Request*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static ssize_t readBody(nghttp2_session*, int32_t, uint8_t* out, size_t room, uint32_t* flags,
                          nghttp2_data_source* source, void*) {
    auto& request = *static_cast<Request*>(source->ptr);
    size_t size = kj::min(room, request.query.size() - request.sent);
    memcpy(out, request.query.begin() + request.sent, size);
    request.sent += size;
    if (request.sent == request.query.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return ssize_t(size);
  }

  static int onHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t nameSize, const uint8_t* value, size_t valueSize, uint8_t, void*) {
    auto* request = requestOf(session, frame->hd.stream_id);
    if (request == nullptr || nameSize != 7 || memcmp(name, ":status", 7) != 0) return 0;
    request->status = 0;
    for (size_t i = 0; i < valueSize && i < 3; i++)
      request->status = request->status * 10 + (value[i] - '0');
    return 0;
  }

  static int onData(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data,
                    size_t size, void*) {
    auto* request = requestOf(session, stream);
    if (request == nullptr) return 0;
    if (request->answer.size() + size > LARGEST)
      request->good = false;
    else
      request->answer.addAll(data, data + size);
    return 0;
  }

  static int onClose(nghttp2_session*, int32_t stream, uint32_t error, void* self) {
    static_cast<Session*>(self)->finish(stream, error);
    return 0;
  }
};

HttpsTransport::HttpsTransport(kj::Own<Dialer> dialer, kj::Timer& timer, const Upstream& upstream)
    : ConnectionTransport(kj::mv(dialer), timer), path(kj::str(upstream.path)) {
  bool v4 = upstream.address.isV4();
  authority = upstream.name.size() > 0 ? kj::str(upstream.name)
              : v4                     ? upstream.address.toString()
                                       : kj::str('[', upstream.address.toString(), ']');
  if (upstream.port != 443) authority = kj::str(authority, ':', upstream.port);
}

kj::Own<ConnectionTransport::Connection> HttpsTransport::open(kj::Own<Wire> wire,
                                                              kj::Timer& timer) {
  return kj::refcounted<Session>(*this, timer, kj::mv(wire));
}

}  // namespace portreeve::resolver
