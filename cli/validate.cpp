// `faasbatch validate`: every fault of every file, one a line.
#include "cli/commands.h"
#include "cli/io.h"
#include "lib/workflow/manifest.h"

namespace faasbatch::cli {
namespace {

// The lines to print; whether the document is valid.
bool report(const std::string& file, const std::string& document, const std::string& nameSpace,
            std::string& out) {
  const auto line = [&](const workflow::Fault& fault, const char* kind) {
    out += file + ": " + (fault.path.empty() ? "" : fault.path + ": ") + kind + fault.message + "\n";
  };
  const auto compiled = workflow::compile(document, nameSpace);
  if (!compiled) {
    for (const workflow::Fault& fault : compiled.error()) line(fault, "");
    return false;
  }
  for (const workflow::Fault& warning : compiled->warnings) line(warning, "warning: ");
  return true;
}

}  // namespace

int validate(const Arguments& arguments) {
  bool valid = true;
  for (const std::string& file : arguments.files) {
    const auto text = readAll(file);
    if (!text) {
      failed(text.error());
      valid = false;
      continue;
    }
    std::string out;
    const std::vector<std::string> documents = workflow::splitDocuments(*text);
    if (documents.empty()) out = file + ": there is no manifest in it\n";
    valid = valid && !documents.empty();
    for (const std::string& document : documents) {
      valid = report(file, document, arguments.nameSpace, out) && valid;
    }
    print(out);
  }
  return valid ? 0 : 1;
}

}  // namespace faasbatch::cli
