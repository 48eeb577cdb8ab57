// SPDX-License-Identifier: GPL-3.0-or-later
// Small text files, those of /proc above all.
#pragma once

#include <kj/function.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

kj::Maybe<kj::String> readText(kj::StringPtr path);
kj::Maybe<kj::String> readAll(int fd);  // borrowed; waits for what is still to come
// nullptr where it cannot be read; errno says why then.

kj::Vector<kj::String> linesOf(kj::StringPtr text);  // without their ends, empty ones left out
void eachLine(kj::StringPtr text, kj::FunctionParam<void(size_t number, kj::String line)> onLine);
// Each line without its end, empty ones too; numbered from 1.
kj::Vector<kj::String> wordsOf(kj::StringPtr line);  // what stands between blanks

}  // namespace portreeve::cli
