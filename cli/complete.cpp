#include "cli/complete.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace faasbatch::cli {
namespace {

using Words = std::vector<std::string>;

// Options whose value is another word.
const std::map<std::string, Words, std::less<>>& valued() {
  static const std::map<std::string, Words, std::less<>> kOptions{
      {"-n", {}},
      {"--namespace", {}},
      {"-o", {"json", "yaml", "wide", "name", "table"}},
      {"--output", {"json", "yaml", "wide", "name", "table"}},
      {"--server", {}},
      {"-s", {}},
      {"--tls-server-name", {}},
      {"--context", {}},
      {"--faasbatch-namespace", {}},
      {"--gateway-server-name", {}},
      {"--from", {"faasflow", "faasflow-flat"}},
      {"--time-scale", {}},
      {"--workflow", {}},
      {"--status", {"Pending", "Running", "Succeeded", "Failed", "Cancelled", "TimedOut"}},
      {"--limit", {}},
      {"-d", {}},
      {"--data", {}},
      {"--idempotency-key", {}},
      {"--listen", {}},
      {"--redis", {}},
      {"--couchdb", {}}};
  return kOptions;
}
constexpr std::array<std::string_view, 10> kFileOptions{"--kubeconfig",
                                                        "--gateway-ca",
                                                        "--input",
                                                        "-f",
                                                        "--filename",
                                                        "--python",
                                                        "--token-file",
                                                        "--client-key",
                                                        "--client-certificate",
                                                        "--certificate-authority"};

const std::map<std::string, Words, std::less<>>& verbs() {
  static const std::map<std::string, Words, std::less<>> kVerbs{
      {"apply", {"-f", "--dry-run=server", "--force-conflicts"}},
      {"cancel", {}},
      {"check", {}},
      {"completion", {}},
      {"convert", {"--from", "--time-scale"}},
      {"delete", {}},
      {"dev", {"--listen", "--data", "--workflow", "--redis", "--couchdb", "--python"}},
      {"eval", {"--input", "--lines"}},
      {"get", {"--workflow", "--status", "--limit", "--all-namespaces", "-A", "--no-headers"}},
      {"graph", {}},
      {"help", {}},
      {"invoke", {"-d", "--data", "--async", "--wait", "--idempotency-key"}},
      {"logs", {"--follow"}},
      {"timeline", {}},
      {"validate", {}},
      {"version", {}}};
  return kVerbs;
}

Words commonOptions() {
  return {"--namespace",
          "--output",
          "--server",
          "--certificate-authority",
          "--client-certificate",
          "--client-key",
          "--insecure-skip-tls-verify",
          "--tls-server-name",
          "--token-file",
          "--kubeconfig",
          "--context",
          "--gateway-ca",
          "--gateway-server-name",
          "--faasbatch-namespace"};
}

bool takesValue(std::string_view word) {
  return valued().contains(word) || std::ranges::find(kFileOptions, word) != kFileOptions.end();
}

// The words that are no options and no values of one, but for the last.
Words operands(const Words& line) {
  Words found;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    if (!line[i].starts_with('-')) {
      found.push_back(line[i]);
    } else if (takesValue(line[i])) {
      ++i;
    }
  }
  return found;
}

Completion only(const Words& words, std::string_view begin) {
  Completion completion;
  for (const std::string& word : words) {
    if (word.starts_with(begin)) completion.words.push_back(word);
  }
  std::ranges::sort(completion.words);
  return completion;
}

Completion operand(const Words& given, std::string_view begin, const CompletionNames& names) {
  const std::string& verb = given.front();
  const bool first = given.size() == 1;
  if (verb == "get" && first) return only({"workflows", "workflow", "invocations", "invocation"}, begin);
  if (verb == "help" && first) {
    Words all;
    for (const auto& [name, options] : verbs()) all.push_back(name);
    return only(all, begin);
  }
  if (verb == "delete" && first) return only({"workflow"}, begin);
  if (verb == "completion" && first) return only({"bash", "zsh", "fish"}, begin);
  if ((verb == "get" || verb == "delete") && given.size() == 2) {
    return only(given[1].starts_with("invocation") ? names.invocations() : names.workflows(), begin);
  }
  if (verb == "invoke" && first) return only(names.workflows(), begin);
  if ((verb == "logs" || verb == "timeline" || verb == "cancel") && first)
    return only(names.invocations(), begin);
  if (verb == "graph" && first) {
    Words both = names.workflows();
    std::ranges::copy(names.invocations(), std::back_inserter(both));
    return only(both, begin);
  }
  return {.words = {}, .files = verb == "apply" || verb == "validate" || verb == "convert" || verb == "dev"};
}

}  // namespace

Completion complete(const Words& line, const CompletionNames& names) {
  const std::string begin = line.empty() ? "" : line.back();
  const std::string before = line.size() < 2 ? "" : line[line.size() - 2];
  if (std::ranges::find(kFileOptions, before) != kFileOptions.end()) return {.words = {}, .files = true};
  if (before == "--workflow") return only(names.workflows(), begin);
  if (const auto option = valued().find(before); option != valued().end()) {
    return before == "-d" || before == "--data" ? Completion{.words = {}, .files = true}
                                                : only(option->second, begin);
  }
  const Words given = operands(line);
  if (!given.empty() && !verbs().contains(given.front())) return {};
  if (begin.starts_with('-')) {
    Words options = commonOptions();
    if (!given.empty()) std::ranges::copy(verbs().at(given.front()), std::back_inserter(options));
    return only(options, begin);
  }
  if (!given.empty()) return operand(given, begin, names);
  Words all;
  for (const auto& [verb, options] : verbs()) all.push_back(verb);
  return only(all, begin);
}

Words targetOptions(const Words& line) {
  constexpr std::array<std::string_view, 10> kTarget{"--namespace",
                                                     "--server",
                                                     "--context",
                                                     "--kubeconfig",
                                                     "--faasbatch-namespace",
                                                     "--token-file",
                                                     "--client-certificate",
                                                     "--client-key",
                                                     "--tls-server-name",
                                                     "--certificate-authority"};
  constexpr std::string_view kFlag = "--insecure-skip-tls-verify";
  Words found;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const std::size_t equals = line[i].find('=');
    const std::string name = line[i].substr(0, equals);
    const std::string full = name == "-n" ? "--namespace" : name == "-s" ? "--server" : name;
    if (full == kFlag) found.push_back(full);
    if (std::ranges::find(kTarget, full) == kTarget.end()) continue;
    if (equals != std::string::npos) {
      found.push_back(full + line[i].substr(equals));
    } else if (i + 2 < line.size()) {
      found.push_back(full + "=" + line[++i]);
    }
  }
  return found;
}

}  // namespace faasbatch::cli
