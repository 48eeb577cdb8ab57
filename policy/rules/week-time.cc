// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/week-time.h"

#include <time.h>

namespace portreeve::rules {
namespace {

constexpr unsigned DAY = 24 * 60;
constexpr uint64_t SECOND = 1'000'000'000;
constexpr kj::StringPtr DAYS[] = {"mon"_kj, "tue"_kj, "wed"_kj, "thu"_kj,
                                  "fri"_kj, "sat"_kj, "sun"_kj};

struct Scanner {
  kj::ArrayPtr<const char> rest;

  bool take(char c) {
    if (rest.size() == 0 || rest[0] != c) return false;
    rest = rest.slice(1, rest.size());
    return true;
  }
  bool end() const { return rest.size() == 0; }

  kj::Maybe<unsigned> day() {
    if (rest.size() < 3) return nullptr;
    for (unsigned number = 0; number < kj::size(DAYS); number++) {
      bool same = true;
      for (unsigned i = 0; i < 3; i++) same = same && (rest[i] | 0x20) == DAYS[number][i];
      if (!same) continue;
      rest = rest.slice(3, rest.size());
      return number;
    }
    return nullptr;
  }

  kj::Maybe<unsigned> twoDigits() {
    if (rest.size() < 2) return nullptr;
    unsigned value = 0;
    for (unsigned i = 0; i < 2; i++) {
      if (rest[i] < '0' || rest[i] > '9') return nullptr;
      value = value * 10 + unsigned(rest[i] - '0');
    }
    rest = rest.slice(2, rest.size());
    return value;
  }

  kj::Maybe<unsigned> clock() {
    // Minutes of the day; 24:00 is its end.
    KJ_IF_MAYBE (hours, twoDigits()) {
      if (!take(':')) return nullptr;
      KJ_IF_MAYBE (minutes, twoDigits()) {
        if (*hours > 24 || *minutes > 59 || (*hours == 24 && *minutes != 0)) return nullptr;
        return *hours * 60 + *minutes;
      }
    }
    return nullptr;
  }
};

kj::Maybe<uint8_t> daySet(Scanner& scanner) {
  uint8_t set = 0;
  do {
    KJ_IF_MAYBE (first, scanner.day()) {
      unsigned last = *first;
      if (scanner.take('-')) {
        KJ_IF_MAYBE (to, scanner.day())
          last = *to;
        else
          return nullptr;
      }
      for (unsigned day = *first;; day = (day + 1) % 7) {
        set |= uint8_t(1u << day);
        if (day == last) break;
      }
    } else {
      return nullptr;
    }
  } while (scanner.take(','));
  return set;
}

bool isLetter(kj::ArrayPtr<const char> text) {
  return text.size() > 0 && (text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z';
}

}  // namespace

bool WeekTime::add(kj::StringPtr text) {
  Scanner scanner{text.asArray()};
  uint8_t days = 0x7f;
  unsigned from = 0;
  unsigned to = DAY;
  if (isLetter(scanner.rest)) {
    KJ_IF_MAYBE (set, daySet(scanner))
      days = *set;
    else
      return false;
    if (!scanner.end() && !scanner.take(' ')) return false;
    if (scanner.end() && text.endsWith(" ")) return false;
  } else if (scanner.end()) {
    return false;
  }
  if (!scanner.end()) {
    auto first = scanner.clock();
    if (first == nullptr || !scanner.take('-')) return false;
    auto last = scanner.clock();
    if (last == nullptr || !scanner.end()) return false;
    from = first.orDefault(0);
    to = last.orDefault(0);
    if (from == to || from == DAY) return false;
    if (to < from) to += DAY;
  }
  for (unsigned day = 0; day < 7; day++)
    if ((days >> day & 1) != 0)
      for (unsigned minute = from; minute < to; minute++)
        minutes.set((day * DAY + minute) % MINUTES);
  written.add(kj::str(text));
  return true;
}

bool WeekTime::has(uint64_t wallNs) const {
  return minutes[minuteOfWeek(wallNs)];
}

kj::String WeekTime::toString() const {
  return kj::strArray(written, ", ");
}

uint64_t WeekTime::nextChange(uint64_t wallNs) const {
  unsigned minute = minuteOfWeek(wallNs);
  bool now = minutes[minute];
  for (unsigned ahead = 1; ahead < MINUTES; ahead++)
    if (minutes[(minute + ahead) % MINUTES] != now)
      return (wallNs / (60 * SECOND) + ahead) * 60 * SECOND;
  return 0;
}

unsigned WeekTime::minuteOfWeek(uint64_t wallNs) {
  time_t seconds = time_t(wallNs / SECOND);
  struct tm local {};
  localtime_r(&seconds, &local);
  unsigned fromMonday = unsigned(local.tm_wday + 6) % 7;
  return fromMonday * DAY + unsigned(local.tm_hour) * 60 + unsigned(local.tm_min);
}

void WeekTime::prepare() {
  tzset();
}

}  // namespace portreeve::rules
