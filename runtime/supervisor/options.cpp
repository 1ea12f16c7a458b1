#include "runtime/supervisor/options.h"

#include <charconv>
#include <utility>

namespace faasbatch::supervisor {

const std::string_view kUsage =
    "usage: faasbatch-runtime --runtime Python|Native --listen unix:PATH|HOST:PORT\n"
    "                         [--python EXE] [--libexec DIR] [--lifeline-fd N]\n"
    "\n"
    "Serves docs/runtime-contract.md for one function. FAASBATCH_TOKEN in the environment: every call must "
    "carry it\n"
    "as a bearer token. At the end of file of the lifeline descriptor everything ends.\n";

namespace {

base::Result<void> set(Options& options, std::string_view name, const std::string& value) {
  if (name == "--runtime") {
    if (value != "Python" && value != "Native")
      return base::fail("InvalidArgument", "--runtime is \"" + value + "\", expected Python or Native");
    options.runtime = value == "Python" ? Runtime::kPython : Runtime::kNative;
  } else if (name == "--listen") {
    auto endpoint = net::Endpoint::parse(value);
    if (!endpoint) return base::fail("InvalidArgument", "--listen: " + endpoint.error().message);
    options.listen = std::move(*endpoint);
  } else if (name == "--python") {
    options.python = value;
  } else if (name == "--libexec") {
    options.libexec = value;
  } else if (name == "--lifeline-fd") {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), options.lifelineFd);
    if (error != std::errc() || end != value.data() + value.size() || options.lifelineFd < 0)
      return base::fail("InvalidArgument",
                        "--lifeline-fd is \"" + value + "\", expected a descriptor's number");
  } else {
    return base::fail("InvalidArgument", "unknown argument \"" + std::string(name) + "\"");
  }
  return {};
}

}  // namespace

base::Result<Options> parseOptions(std::span<const std::string> arguments) {
  Options options;
  bool listens = false;
  bool hasRuntime = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    if (name == "--help" || name == "-h") {
      options.help = true;
      return options;
    }
    std::string value;
    if (const auto equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (++i < arguments.size()) {
      value = arguments[i];
    } else {
      return base::fail("InvalidArgument", name + " needs a value");
    }
    if (auto done = set(options, name, value); !done) return std::unexpected(done.error());
    listens = listens || name == "--listen";
    hasRuntime = hasRuntime || name == "--runtime";
  }
  if (!listens || !hasRuntime) return base::fail("InvalidArgument", "--runtime and --listen are needed");
  return options;
}

}  // namespace faasbatch::supervisor
