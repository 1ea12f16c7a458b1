#include "e2e/suite/command.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "lib/kube/run_program.h"

namespace faasbatch::e2e {
namespace {

constexpr std::size_t kMaxOutput = 16 << 20;

std::string line(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) text += (text.empty() ? "" : " ") + word.substr(0, 200);
  return text;
}

}  // namespace

Outcome run(std::vector<std::string> argv, base::Duration time) {
  const kube::ProgramCall call{.argv = argv, .environment = {}, .time = time, .maxOutput = kMaxOutput};
  auto end = kube::runProgram(call, {});
  if (!end) throw std::runtime_error(line(argv) + ": " + end.error().message);
  return {.exitCode = WIFEXITED(end->status) ? WEXITSTATUS(end->status) : -1,
          .output = std::move(end->output),
          .errors = std::move(end->errors)};
}

std::string must(std::vector<std::string> argv, base::Duration time) {
  Outcome outcome = run(argv, time);
  if (!outcome.ok())
    throw std::runtime_error(line(argv) + " ended with " + std::to_string(outcome.exitCode) + ": " +
                             outcome.errors + outcome.output.substr(0, 2000));
  return std::move(outcome.output);
}

TextFile::TextFile(std::string_view text, std::string_view suffix) {
  std::string name = "/tmp/faasbatch-e2e-XXXXXX" + std::string(suffix);
  const int file = ::mkstemps(name.data(), static_cast<int>(suffix.size()));
  if (file < 0) throw std::runtime_error("no temporary file " + name);
  ::close(file);
  path_ = name;
  std::ofstream(path_) << text;
}

TextFile::~TextFile() { ::unlink(path_.c_str()); }

}  // namespace faasbatch::e2e
