// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/script.h"

#include "attributor/printable.h"

#include <kj/vector.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace portreeve::attributor {
namespace {

constexpr size_t MAX_SCRIPT_BYTES = 1024;
constexpr size_t MAX_ARGUMENTS = 256;

struct Interpreter {
  std::string_view name;        // of the program file, without a version behind it
  std::string_view takeValue;   // single letters whose value may be the next argument
  std::string_view inlineCode;  // single letters: the program stands in the arguments
  std::string_view longValue;   // ",--word,": whose value is the next argument
  std::string_view longCode;
};
constexpr Interpreter INTERPRETERS[] = {
    {"python", "WX", "c", ",--check-hash-based-pycs,", ""},
    {"pypy", "WX", "c", "", ""},
    {"perl", "I", "eE", "", ""},
    {"ruby", "rICEW", "e", "", ""},
    {"node", "rC", "ep", ",--require,--import,--loader,--conditions,", ",--eval,--print,"},
    {"nodejs", "rC", "ep", ",--require,--import,--loader,--conditions,", ",--eval,--print,"},
    {"php", "dczt", "r", "", ""},
    {"lua", "l", "e", "", ""},
    {"sh", "oO", "c", "", ""},
    {"dash", "o", "c", "", ""},
    {"bash", "oO", "c", ",--rcfile,--init-file,", ""},
    {"zsh", "o", "c", "", ""},
    {"ksh", "o", "c", "", ""},
    {"java", "p", "",
     ",-cp,-classpath,--class-path,--module-path,--add-modules,--upgrade-module-path,", ""},
};

std::string_view baseName(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

const Interpreter* interpreterOf(std::string_view program) {
  auto name = baseName(program);
  while (!name.empty() &&
         (name.back() == '.' || name.back() == '-' || (name.back() >= '0' && name.back() <= '9')))
    name.remove_suffix(1);
  for (auto& known : INTERPRETERS)
    if (known.name == name) return &known;
  return nullptr;
}

kj::Vector<std::string_view> argumentsOf(kj::ArrayPtr<const kj::byte> raw) {
  kj::Vector<std::string_view> arguments;
  std::string_view rest(raw.asChars().begin(), raw.size());
  while (!rest.empty() && arguments.size() < MAX_ARGUMENTS) {
    size_t end = rest.find('\0');
    arguments.add(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return arguments;
}

std::string joined(std::string_view first, std::string_view second, std::string_view third = "") {
  std::string all;
  all.append(first).append(second).append(third);
  return all;
}

bool isOneOf(std::string_view word, std::string_view list) {
  return list.find(joined(",", word, ",")) != std::string_view::npos;
}

std::string normal(std::string_view path) {
  // Without ".", ".." and "//", as text: links are not followed.
  std::string out;
  while (!path.empty()) {
    size_t end = path.find('/');
    auto name = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
      continue;
    }
    out.append(1, '/').append(name);
  }
  if (out.empty()) out.push_back('/');
  return out;
}

class Search {
public:
  Search(const Interpreter& interpreter, kj::Vector<std::string_view> arguments,
         std::string_view workingDirectory)
      : interpreter(interpreter), arguments(kj::mv(arguments)), folder(workingDirectory) {}

  std::string find() {
    for (at = 1; at < arguments.size(); at++) {
      auto word = arguments[at];
      if (word == "--") return at + 1 < arguments.size() ? file(arguments[at + 1]) : "";
      if (word == "-") return "-";
      if (!isOption(word)) return isJava() ? joined("class ", word) : file(word);
      if (auto found = option(word); !found.empty()) return found;
    }
    return "";
  }

private:
  const Interpreter& interpreter;
  kj::Vector<std::string_view> arguments;
  std::string_view folder;
  size_t at = 0;

  bool isJava() const { return interpreter.name == "java"; }
  bool isShell() const { return interpreter.name.ends_with("sh"); }
  bool isOption(std::string_view word) const {
    return word.starts_with('-') || (isShell() && word.starts_with('+'));
  }
  std::string_view value() const {
    return at + 1 < arguments.size() ? arguments[at + 1] : std::string_view();
  }

  std::string file(std::string_view path) const {
    if (path.empty() || path.starts_with('/') || !folder.starts_with('/')) return std::string(path);
    return normal(joined(folder, "/", path));
  }

  std::string option(std::string_view word) {
    if (isJava()) return javaOption(word);
    if (word.starts_with("--")) {
      auto name = word.substr(0, word.find('='));
      if (isOneOf(name, interpreter.longCode)) return "-e";
      if (name == word && isOneOf(word, interpreter.longValue)) at++;
      return "";
    }
    return letters(word.substr(1));
  }

  std::string javaOption(std::string_view word) {
    if (word == "-jar") return file(value());
    if (word == "-m" || word == "--module") return joined("-m ", value());
    if (word == "-p" || isOneOf(word, interpreter.longValue)) at++;
    return "";
  }

  std::string letters(std::string_view cluster) {
    bool python = interpreter.name.starts_with("py");
    for (size_t i = 0; i < cluster.size(); i++) {
      char letter = cluster[i];
      bool last = i + 1 == cluster.size();
      if (interpreter.inlineCode.find(letter) != std::string_view::npos)
        return joined("-", cluster.substr(i, 1));
      if (python && letter == 'm') return joined("-m ", last ? value() : cluster.substr(i + 1));
      if (interpreter.name == "php" && letter == 'f') return last ? file(value()) : "";
      if (isShell() && letter == 's') return "-";
      if (interpreter.takeValue.find(letter) == std::string_view::npos) continue;
      if (last) at++;
      return "";
    }
    return "";
  }
};

}  // namespace

kj::String scriptOf(kj::StringPtr program, kj::ArrayPtr<const kj::byte> commandLine,
                    kj::StringPtr workingDirectory) {
  auto interpreter = interpreterOf({program.begin(), program.size()});
  if (interpreter == nullptr) return kj::String();
  auto found = Search(*interpreter, argumentsOf(commandLine),
                      {workingDirectory.begin(), workingDirectory.size()})
                   .find();
  return wholePrintable(kj::arrayPtr(found.data(), found.size()).asBytes(), MAX_SCRIPT_BYTES);
}

}  // namespace portreeve::attributor
