// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <string.h>

namespace portreeve::log {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
  // Before open(): a test or an early error still gets its line.
  static std::shared_ptr<spdlog::logger> instance = spdlog::stderr_logger_st("portreeve");
  return instance;
}

void write(spdlog::level::level_enum level, kj::StringPtr text) {
  logger()->log(level, spdlog::string_view_t(text.begin(), text.size()));
}

}  // namespace

void open(kj::StringPtr process) {
  const char* level = getenv("PORTREEVE_LOG");
  bool wantsDebug = level != nullptr && strcmp(level, "debug") == 0;
  logger() = std::make_shared<spdlog::logger>(process.cStr(),
                                              std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger()->set_pattern("%n: %l: %v");
  logger()->set_level(wantsDebug ? spdlog::level::debug : spdlog::level::info);
  logger()->flush_on(spdlog::level::debug);
}

void KjMessages::logMessage(kj::LogSeverity severity, const char* file, int line, int contextDepth,
                            kj::String&& text) {
  kj::String trimmed = kj::str(text.slice(0, text.size() - (text.endsWith("\n") ? 1 : 0)));
  switch (severity) {
    case kj::LogSeverity::DBG:
    case kj::LogSeverity::INFO:
      debug(trimmed);
      break;
    case kj::LogSeverity::WARNING:
      warning(trimmed);
      break;
    case kj::LogSeverity::ERROR:
    case kj::LogSeverity::FATAL:
      error(trimmed);
      break;
  }
}

void error(kj::StringPtr text) {
  write(spdlog::level::err, text);
}
void warning(kj::StringPtr text) {
  write(spdlog::level::warn, text);
}
void info(kj::StringPtr text) {
  write(spdlog::level::info, text);
}
void debug(kj::StringPtr text) {
  write(spdlog::level::debug, text);
}
bool debugEnabled() {
  return logger()->should_log(spdlog::level::debug);
}

void exception(kj::StringPtr doing, const kj::Exception& e) {
  kj::String text = kj::str(doing, ": ", e.getDescription());
  if (e.getType() == kj::Exception::Type::DISCONNECTED)
    info(text);
  else
    error(text);
}

}  // namespace portreeve::log
