// Files, standard streams and the terminal.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::cli {

inline constexpr std::size_t kMaxReadBytes = 64 << 20;

// The whole of a file; "-" is standard input. Kind "ReadFailed".
base::Result<std::string> readAll(const std::string& file);

void print(std::string_view text);  // to standard output
void printLine(std::string_view text);
void note(std::string_view text);      // to standard error, as it is
void complain(std::string_view text);  // "faasbatch: text" on standard error
// The same; gives exit code 1.
int failed(std::string_view message);
int failed(const base::Error& error);

bool outputIsTerminal();
bool errorIsTerminal();
unsigned terminalWidth();  // of standard output; 80 where it has none

// `text` in a colour where standard output is a terminal and NO_COLOR is not set, else as it is.
std::string coloured(std::string_view text, int ansiColour);

}  // namespace faasbatch::cli
