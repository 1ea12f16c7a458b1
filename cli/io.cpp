#include "cli/io.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

namespace faasbatch::cli {

base::Result<std::string> readAll(const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in) return base::fail("ReadFailed", "cannot read " + file + ": " + std::strerror(errno));
  std::string text;
  std::array<char, 64 * 1024> buffer;
  do {
    in.read(buffer.data(), buffer.size());
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxReadBytes) {
      return base::fail("ReadFailed",
                        file + " is larger than " + std::to_string(kMaxReadBytes >> 20) + " MiB");
    }
  } while (in);
  if (in.bad()) return base::fail("ReadFailed", "cannot read " + file + ": " + std::strerror(errno));
  return text;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void printLine(std::string_view text) {
  std::string line(text);
  if (line.empty() || line.back() != '\n') line += '\n';
  print(line);
}

void note(std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

void complain(std::string_view text) {
  std::fprintf(stderr, "faasbatch: %.*s\n", static_cast<int>(text.size()), text.data());
}

int failed(std::string_view message) {
  complain(message);
  return 1;
}

int failed(const base::Error& error) { return failed(error.message); }

bool outputIsTerminal() { return isatty(STDOUT_FILENO) == 1; }
bool errorIsTerminal() { return isatty(STDERR_FILENO) == 1; }

unsigned terminalWidth() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string coloured(std::string_view text, int ansiColour) {
  const char* noColour = std::getenv("NO_COLOR");
  if (!outputIsTerminal() || (noColour && *noColour)) return std::string(text);
  return "\033[" + std::to_string(ansiColour) + "m" + std::string(text) + "\033[0m";
}

}  // namespace faasbatch::cli
