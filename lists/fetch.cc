// SPDX-License-Identifier: GPL-3.0-or-later
#include "lists/fetch.h"

#include "common/clock.h"
#include "common/list-source.h"
#include "lists/certificate-dates.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace portreeve::lists {
namespace {

constexpr uint64_t FIRST_RETRY = 900, LAST_RETRY = 86400;  // seconds
constexpr uint64_t SECOND_NS = 1'000'000'000;
constexpr long TIME_LIMIT = 300;  // seconds, of a download

[[noreturn]] void fail(kj::StringPtr source, kj::StringPtr reason) {
  kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                                        kj::str(source, ": ", reason)));
}

kj::Maybe<kj::Array<char>> readFile(kj::StringPtr path) {
  int opened = open(path.cStr(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) return nullptr;
  kj::AutoCloseFd fd(opened);
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return nullptr;
  }
  if (size_t(status.st_size) > LARGEST_SOURCE) {
    errno = EFBIG;
    return nullptr;
  }
  auto text = kj::heapArray<char>(size_t(status.st_size));
  size_t got = 0;
  while (got < text.size()) {
    ssize_t part = read(fd, text.begin() + got, text.size() - got);
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) return nullptr;
    if (part == 0) break;
    got += size_t(part);
  }
  return got == text.size() ? kj::mv(text) : kj::heapArray<char>(text.begin(), got);
}

void writeFile(kj::StringPtr path, std::string_view text) {
  auto temporary = kj::str(path, ".new");
  int opened = open(temporary.cStr(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (opened < 0) KJ_FAIL_SYSCALL("open", errno, temporary);
  kj::AutoCloseFd fd(opened);
  kj::FdOutputStream(fd.get()).write(text.data(), text.size());
  KJ_SYSCALL(fsync(fd), temporary);
  KJ_SYSCALL(rename(temporary.cStr(), path.cStr()), path);
}

class Download {
public:
  explicit Download(kj::StringPtr url) : handle(curl_easy_init(), &curl_easy_cleanup) {
    KJ_REQUIRE(handle != nullptr, "libcurl: no handle could be made");
    set(CURLOPT_URL, url.cStr());
    set(CURLOPT_PROTOCOLS_STR, "https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 5L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 20L);
    set(CURLOPT_TIMEOUT, TIME_LIMIT);
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_USERAGENT, "portreeve/" PORTREEVE_VERSION);
    set(CURLOPT_ERRORBUFFER, errorText);
    set(CURLOPT_WRITEFUNCTION, &onData);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &onHeader);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    const char* authorities = getenv("PORTREEVE_LISTS_CA");  // tests have an authority of their own
    if (authorities != nullptr) set(CURLOPT_CAINFO, authorities);
  }
  ~Download() { curl_slist_free_all(headers); }

  void askOnlyIfChanged(const SourceState& state) {
    if (state.etag.size() > 0) addHeader(kj::str("If-None-Match: ", state.etag));
    if (state.modified.size() > 0) addHeader(kj::str("If-Modified-Since: ", state.modified));
  }

  long run() {
    // The status; throws what libcurl says.
    set(CURLOPT_HTTPHEADER, headers);
    auto result = curl_easy_perform(handle.get());
    long verdict = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_SSL_VERIFYRESULT, &verdict);
    if (result == CURLE_PEER_FAILED_VERIFICATION)
      KJ_IF_MAYBE (fault, dateFault(curl_version_info(CURLVERSION_NOW)->ssl_version, verdict))
        fail("download", inWords(*fault, wallNs()));
    if (result != CURLE_OK)
      KJ_FAIL_REQUIRE("download", errorText[0] != 0 ? errorText : curl_easy_strerror(result));
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  std::string body, etag, modified;
  kj::String problem() const { return kj::str(errorText); }

private:
  std::unique_ptr<CURL, void (*)(CURL*)> handle;
  curl_slist* headers = nullptr;
  char errorText[CURL_ERROR_SIZE] = {};

  template <typename Value>
  void set(CURLoption option, Value value) {
    auto result = curl_easy_setopt(handle.get(), option, value);
    KJ_REQUIRE(result == CURLE_OK, "libcurl refuses an option", curl_easy_strerror(result));
  }
  void addHeader(kj::StringPtr text) { headers = curl_slist_append(headers, text.cStr()); }

  static size_t onData(char* data, size_t, size_t size, void* self) {
    auto& body = static_cast<Download*>(self)->body;
    if (body.size() + size > LARGEST_SOURCE) return 0;  // ends the download
    body.append(data, size);
    return size;
  }

  static size_t onHeader(char* data, size_t, size_t size, void* self) {
    std::string_view line(data, size);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    auto& download = *static_cast<Download*>(self);
    auto value = [&](std::string_view name) -> const char* {
      if (line.size() <= name.size() || line[name.size()] != ':') return nullptr;
      if (strncasecmp(line.data(), name.data(), name.size()) != 0) return nullptr;
      size_t at = line.find_first_not_of(' ', name.size() + 1);
      return at == line.npos ? nullptr : line.data() + at;
    };
    if (line.starts_with("HTTP/")) download.etag.clear(), download.modified.clear();
    if (auto* at = value("etag")) download.etag.assign(at, line.data() + line.size());
    if (auto* at = value("last-modified")) download.modified.assign(at, line.data() + line.size());
    return size;
  }
};

void failed(SourceState& state, kj::StringPtr why, uint64_t now) {
  state.error = kj::str(why);
  // No server is left alone for the sake of this machine's clock: it may be right any moment.
  if (now < WRITTEN_NS / SECOND_NS) return;
  state.failures++;
  uint64_t wait = FIRST_RETRY << std::min(state.failures - 1, 10u);
  state.retryAt = now + std::min(wait, LAST_RETRY);
}

bool isDue(const SourceState& state, uint64_t now) {
  // No failure waits longer: that was written by a clock which was ahead.
  return now >= state.retryAt || state.retryAt - now > LAST_RETRY;
}

void good(SourceState& state, uint64_t now) {
  state.failures = 0;
  state.retryAt = 0;
  state.checkedAt = now;
  state.error = kj::String();
}

void download(kj::StringPtr url, kj::StringPtr copy, SourceState& state, uint64_t now,
              bool& changed) {
  Download one(url);
  if (access(copy.cStr(), R_OK) == 0) one.askOnlyIfChanged(state);
  long status = one.run();
  if (status == 200) {
    writeFile(copy, one.body);
    state.etag = kj::str(one.etag.c_str());
    state.modified = kj::str(one.modified.c_str());
    changed = true;
  } else if (status != 304) {
    KJ_FAIL_REQUIRE("download", kj::str("the server answers with status ", status));
  }
  good(state, now);
}

}  // namespace

SourceState SourceState::load(kj::StringPtr file) {
  SourceState state;
  KJ_IF_MAYBE (text, readFile(file)) {
    std::string_view rest(text->begin(), text->size());
    while (!rest.empty()) {
      auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      size_t space = std::min(line.find(' '), line.size());
      auto key = line.substr(0, space);
      std::string value(line.substr(std::min(space + 1, line.size())));
      if (key == "etag") state.etag = kj::str(value.c_str());
      if (key == "modified") state.modified = kj::str(value.c_str());
      if (key == "error") state.error = kj::str(value.c_str());
      if (key == "checked") state.checkedAt = strtoull(value.c_str(), nullptr, 10);
      if (key == "failures") state.failures = uint32_t(strtoul(value.c_str(), nullptr, 10));
      if (key == "retry") state.retryAt = strtoull(value.c_str(), nullptr, 10);
    }
  }
  return state;
}

void SourceState::save(kj::StringPtr file) const {
  auto oneLine = [](kj::StringPtr text) {
    auto copy = kj::str(text);
    for (char& c : copy)
      if (uint8_t(c) < ' ') c = ' ';
    return copy;
  };
  auto text =
      kj::str("etag ", oneLine(etag), "\nmodified ", oneLine(modified), "\nchecked ", checkedAt,
              "\nfailures ", failures, "\nretry ", retryAt, "\nerror ", oneLine(error), '\n');
  writeFile(file, {text.begin(), text.size()});
}

Fetched fetch(kj::StringPtr source, kj::StringPtr copy, SourceState& state, uint64_t now,
              bool insist) {
  Fetched result;
  kj::StringPtr path = isUrl(source) ? copy : pathOf(source);
  if (isUrl(source)) {
    if (insist || isDue(state, now))
      KJ_IF_MAYBE (e, kj::runCatchingExceptions(
                          [&]() { download(source, copy, state, now, result.changed); }))
        failed(state, e->getDescription(), now);
  }
  KJ_IF_MAYBE (text, readFile(path)) {
    result.text = kj::mv(*text);
    if (!isUrl(source)) good(state, now);
    return result;
  }
  auto reason = isUrl(source) ? kj::str(state.error) : kj::str(strerror(errno));
  if (!isUrl(source)) failed(state, reason, now);
  fail(source, reason);
}

}  // namespace portreeve::lists
