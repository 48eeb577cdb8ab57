// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a server's certificate was refused for its dates, as libcurl tells of it: then it may as
// well be this machine's clock that is wrong, and whoever reads of it should know what it says.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::lists {

enum class DateFault : uint8_t { NOT_YET, ENDED };

kj::Maybe<DateFault> dateFault(kj::StringPtr library, long verdict);
// `library`: curl_version_info_data::ssl_version ("GnuTLS/3.7.9"); `verdict`:
// CURLINFO_SSL_VERIFYRESULT, whose numbers are that library's. nullptr: all else, and libraries
// other than GnuTLS and OpenSSL.

kj::String inWords(DateFault fault, uint64_t nowNs);
// For people, with what the clock says.

}  // namespace portreeve::lists
