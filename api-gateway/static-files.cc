// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/static-files.h"

#include "api-gateway/embedded-page.h"

#include <kj/debug.h>
#include <string.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace portreeve::gateway {
namespace {

namespace fs = std::filesystem;

constexpr auto BINARY = "application/octet-stream"_kj;

kj::StringPtr typeOf(kj::StringPtr path) {
  struct Known {
    kj::StringPtr end, type;
  };
  static constexpr Known KNOWN[] = {{".html"_kj, "text/html; charset=utf-8"_kj},
                                    {".css"_kj, "text/css; charset=utf-8"_kj},
                                    {".js"_kj, "text/javascript; charset=utf-8"_kj},
                                    {".json"_kj, "application/json"_kj},
                                    {".webmanifest"_kj, "application/manifest+json"_kj},
                                    {".svg"_kj, "image/svg+xml"_kj},
                                    {".png"_kj, "image/png"_kj},
                                    {".ico"_kj, "image/x-icon"_kj},
                                    {".woff2"_kj, "font/woff2"_kj},
                                    {".txt"_kj, "text/plain; charset=utf-8"_kj}};
  for (auto& known : KNOWN)
    if (path.endsWith(known.end)) return known.type;
  return BINARY;
}

kj::Array<char> contentOf(const fs::path& path, size_t room) {
  auto size = fs::file_size(path);
  KJ_REQUIRE(size <= room, "the built UI is larger than this server keeps", path.c_str());
  auto content = kj::heapArray<char>(size);
  std::ifstream file(path, std::ios::binary);
  file.read(content.begin(), std::streamsize(size));
  KJ_REQUIRE(file.good() || size == 0, "the built UI cannot be read", path.c_str());
  return content;
}

bool isHidden(const fs::path& path) {
  return path.filename().string().starts_with(".");
}

Reply text(kj::StringPtr contentType, kj::StringPtr content) {
  Reply reply;
  reply.contentType = contentType;
  reply.kept = content.asArray();
  return reply;
}

}  // namespace

StaticFiles StaticFiles::read(kj::StringPtr folder) {
  StaticFiles read;
  if (folder.size() == 0 || !fs::is_directory(folder.cStr())) return read;
  size_t bytes = 0;
  for (auto at = fs::recursive_directory_iterator(folder.cStr());
       at != fs::recursive_directory_iterator(); ++at) {
    if (isHidden(at->path())) {
      at.disable_recursion_pending();
      continue;
    }
    if (at->is_symlink() || !at->is_regular_file()) continue;
    KJ_REQUIRE(read.files.size() < MOST_FILES, "the built UI has more files than are served",
               folder);
    auto path = kj::str('/', at->path().lexically_relative(folder.cStr()).c_str());
    auto content = contentOf(at->path(), MOST_BYTES - bytes);
    bytes += content.size();
    auto type = typeOf(path);
    bool lasting = path.startsWith("/assets/");
    read.files.add(File{kj::mv(path), kj::mv(content), type, lasting});
  }
  std::sort(read.files.begin(), read.files.end(), [](auto& a, auto& b) { return a.path < b.path; });
  KJ_REQUIRE(read.empty() || read.find("/") != nullptr, "the built UI has no index.html", folder);
  return read;
}

kj::Maybe<Reply> StaticFiles::find(kj::StringPtr path) const {
  if (path == "/") path = "/index.html"_kj;
  auto found =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const File& file, kj::StringPtr wanted) { return file.path < wanted; });
  if (found == files.end() || found->path != path) return nullptr;
  Reply reply;
  reply.contentType = found->type;
  reply.kept = found->content;
  reply.lasting = found->lasting;
  return kj::mv(reply);
}

Reply plainPage() {
  return text("text/html; charset=utf-8", embedded::INDEX_HTML);
}
Reply plainStyle() {
  return text("text/css; charset=utf-8", embedded::PAGE_CSS);
}
Reply plainScript() {
  return text("text/javascript; charset=utf-8", embedded::PAGE_JS);
}

Reply openApi() {
  return text("application/json", embedded::OPENAPI_JSON);
}

}  // namespace portreeve::gateway
