// SPDX-License-Identifier: GPL-3.0-or-later
// One line per event on standard error, where systemd's journal or `portreeve up` collects it:
// "<level>process: text". Levels: error (something is not done), warning (done otherwise than
// asked), info (start, stop, a change of state), debug (for developers; off unless
// PORTREEVE_LOG=debug). Never a secret; no query name above debug.
#pragma once

#include <kj/exception.h>
#include <kj/string.h>

namespace portreeve::log {

void open(kj::StringPtr process);
// Call first in main.

class KjMessages final : public kj::ExceptionCallback {
  // While one exists, KJ's own log (KJ_LOG) goes here too. KJ wants it on the stack: it stands in
  // main, after open().
public:
  void logMessage(kj::LogSeverity severity, const char* file, int line, int contextDepth,
                  kj::String&& text) override;
};

void error(kj::StringPtr text);
void warning(kj::StringPtr text);
void info(kj::StringPtr text);
void debug(kj::StringPtr text);
bool debugEnabled();

void exception(kj::StringPtr doing, const kj::Exception& e);
// "doing: why" at level error, or info where the exception is DISCONNECTED.

}  // namespace portreeve::log
