#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

namespace faasbatch::cli {
namespace {

base::Result<Arguments> parse(std::vector<const char*> words, const char* program = "faasbatch") {
  words.insert(words.begin(), program);
  return parseArguments(static_cast<int>(words.size()), words.data());
}

TEST(Arguments, TakesCommonOptionsBehindTheVerb) {
  const auto a =
      parse({"invoke", "wc/count", "-d", "{}", "-n", "prod", "--server", "http://x:1", "-o", "json"});
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->verb, Verb::kInvoke);
  EXPECT_EQ(a->name, "wc/count");
  EXPECT_EQ(a->nameSpace, "prod");
  EXPECT_EQ(a->server, "http://x:1");
  EXPECT_EQ(a->output, Output::kJson);
}

TEST(Arguments, HandsTheAgentsOptionsOn) {
  const auto a = parse({"dev", "--listen", "127.0.0.1:1", "-o", "json", "--workflow", "a.yaml", "--server=x",
                        "--data", "d", "--namespace=n"});
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->agentArguments, (std::vector<std::string>{"--listen", "127.0.0.1:1", "--workflow", "a.yaml",
                                                         "--data", "d", "-n", "n"}));
}

TEST(Arguments, AnswersWrongUsageWithOneLineAndAHint) {
  for (const std::vector<const char*>& words : {std::vector<const char*>{},
                                                {"nosuch"},
                                                {"get"},
                                                {"get", "pods"},
                                                {"convert", "x"},
                                                {"eval"},
                                                {"invoke"},
                                                {"invoke", "w", "--nosuch"},
                                                {"get", "workflows", "-o", "xml"},
                                                {"get", "invocations", "--status", "succeeded"},
                                                {"invoke", "w", "-o", "wide"},
                                                {"get", "workflow", "w", "-A"},
                                                {"get", "workflow/w", "w"},
                                                {"delete", "workflow"},
                                                {"delete", "invocation", "i"},
                                                {"apply", "f", "--dry-run=server"},
                                                {"completion", "tcsh"}}) {
    const auto a = parse(words);
    ASSERT_FALSE(a);
    EXPECT_EQ(a.error().kind, "Usage");
    EXPECT_EQ(a.error().message.find('\n'), std::string::npos) << a.error().message;
    EXPECT_NE(a.error().message.find("--help"), std::string::npos) << a.error().message;
  }
}

TEST(Arguments, ChooseBetweenAnAgentAndACluster) {
  constexpr const char* kPlugin = "/usr/bin/kubectl-faasbatch";
  ::setenv("FAASBATCH_SERVER", "http://x:1", 1);
  const auto agent = parse({"get", "workflows"});
  EXPECT_FALSE(agent->cluster);
  EXPECT_EQ(agent->server, "http://x:1");
  EXPECT_TRUE(parse({"get", "workflows"}, kPlugin)->cluster);
  EXPECT_FALSE(parse({"get", "workflows", "--server", "http://y:1"}, kPlugin)->cluster);
  ::unsetenv("FAASBATCH_SERVER");
  EXPECT_EQ(parse({"get", "workflows"})->server, kDefaultServer);
  for (const char* option : {"--context", "--kubeconfig", "--faasbatch-namespace"}) {
    EXPECT_TRUE(parse({"get", "workflows", option, "x"})->cluster) << option;
  }
  ::setenv("FAASBATCH_NAMESPACE", "sys", 1);
  EXPECT_EQ(parse({"get", "workflows"}, kPlugin)->systemNamespace, "sys");
  EXPECT_EQ(parse({"get", "workflows", "--faasbatch-namespace", "b"}, kPlugin)->systemNamespace, "b");
  EXPECT_FALSE(parse({"get", "workflows"})->cluster);
  ::unsetenv("FAASBATCH_NAMESPACE");
  EXPECT_TRUE(parse({"apply", "f", "--dry-run=server"}, kPlugin)->dryRun);
  EXPECT_FALSE(parse({"apply", "f", "--dry-run=none"}, kPlugin)->dryRun);
  EXPECT_NE(parse({"nosuch"}, kPlugin).error().message.find("kubectl faasbatch --help"), std::string::npos);
}

TEST(Arguments, TakeAGatewaysAddressWithTheUsersKubeconfig) {
  constexpr const char* kPlugin = "/usr/bin/kubectl-faasbatch";
  const auto plugin = parse({"invoke", "w", "-s", "https://gw"}, kPlugin);
  EXPECT_TRUE(plugin->cluster);
  EXPECT_TRUE(plugin->gatewayNamed);
  EXPECT_TRUE(parse({"invoke", "w", "--server", "https://gw", "--context", "c"})->gatewayNamed);
  const auto alone =
      parse({"invoke", "w", "--server", "https://gw", "--certificate-authority", "ca", "--token-file", "t",
             "--client-certificate", "c", "--client-key", "k", "--tls-server-name", "n"});
  ASSERT_TRUE(alone) << alone.error().message;
  EXPECT_FALSE(alone->cluster);
  EXPECT_FALSE(alone->gatewayNamed);
  EXPECT_EQ(alone->flags.certificateAuthority, "ca");
  EXPECT_EQ(alone->flags.tlsServerName, "n");
  EXPECT_EQ(alone->flags.clientCertificate, "c");
  EXPECT_EQ(alone->flags.clientKey, "k");
  EXPECT_EQ(alone->flags.tokenFile, "t");
  EXPECT_TRUE(parse({"get", "workflows", "-s", "https://gw", "--insecure-skip-tls-verify"})
                  ->flags.insecureSkipTlsVerify);
}

TEST(Arguments, RefuseFlagsThatContradictEachOther) {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"--token-file", "t"},
        {"--server", "http://127.0.0.1:1", "--certificate-authority", "ca"},
        {"--context", "c", "--insecure-skip-tls-verify"},
        {"--server", "https://gw", "--client-certificate", "c"},
        {"--server", "https://gw", "--client-key", "k"},
        {"--server", "https://gw", "--insecure-skip-tls-verify", "--certificate-authority", "ca"}}) {
    std::vector<const char*> line{"get", "workflows"};
    line.insert(line.end(), words.begin(), words.end());
    const auto a = parse(line);
    ASSERT_FALSE(a) << words[1];
    EXPECT_EQ(a.error().kind, "Usage");
    EXPECT_NE(a.error().message.find("--help"), std::string::npos) << a.error().message;
  }
  ::setenv("FAASBATCH_SERVER", "https://gw", 1);
  EXPECT_TRUE(parse({"get", "workflows", "--token-file", "t"}));
  EXPECT_FALSE(parse({"get", "workflows", "--token-file", "t", "--context", "c"}));
  ::unsetenv("FAASBATCH_SERVER");
}

TEST(Arguments, AskWhichCommandWasMeant) {
  EXPECT_EQ(parse({"invok", "w"}).error().message,
            R"(unknown command "invok", did you mean "invoke"? (see faasbatch --help))");
  EXPECT_EQ(parse({"-n", "x"}).error().message, "no command is given (see faasbatch --help)");
}

TEST(Arguments, TakeResourcesAsKubectlDoes) {
  const auto named = parse({"get", "invocation/i", "-o", "json"});
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(named->resource, ResourceKind::kInvocations);
  EXPECT_EQ(named->name, "i");
  EXPECT_EQ(parse({"delete", "functionworkflow.faasbatch.io/w"})->name, "w");
  EXPECT_EQ(parse({"delete", "fwf", "w"})->name, "w");
  EXPECT_EQ(parse({"get", "invocation"})->name, "");
}

TEST(Arguments, HelpIsNoError) {
  EXPECT_EQ(parse({"--help"}).error().kind, "Help");
  EXPECT_EQ(parse({"version"}).error().message, parse({"--version"}).error().message);
  EXPECT_EQ(parse({"help"}).error().message, parse({"--help"}).error().message);
  const auto help = parse({"help", "get"}, "/bin/kubectl-faasbatch");
  ASSERT_EQ(help.error().kind, "Help");
  EXPECT_EQ(help.error().message, parse({"get", "--help"}, "/bin/kubectl-faasbatch").error().message);
  for (const char* text : {"Usage: kubectl faasbatch get [OPTIONS] RESOURCE [NAME]",
                           "  kubectl faasbatch get workflows -A -o wide\n", "kubectl faasbatch --help"}) {
    EXPECT_NE(help.error().message.find(text), std::string::npos) << text << "\n" << help.error().message;
  }
}

}  // namespace
}  // namespace faasbatch::cli
