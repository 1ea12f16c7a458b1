#include "lib/kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr const char* kPath = "/home/me/.kube/config";

// One cluster, user and context, called "one", with these fields.
std::string config(const std::string& cluster, const std::string& user = "",
                   const std::string& context = "") {
  return "apiVersion: v1\nkind: Config\ncurrent-context: one\npreferences: {}\n"
         "clusters: [{name: one, cluster: {server: 'https://host:6443/', " +
         cluster +
         "}}]\n"
         "users: [{name: one, user: {" +
         user +
         "}}]\n"
         "contexts: [{name: one, context: {cluster: one, user: one, " +
         context + "}}]\n";
}

base::Result<KubeconfigContext> select(const std::string& text, const std::string& context = "") {
  const auto parsed = Kubeconfig::parse({{kPath, text}});
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->context(context);
}

std::string fault(const std::string& text, const std::string& context = "") {
  const auto selected = select(text, context);
  return selected ? "none" : selected.error().kind + ": " + selected.error().message;
}

TEST(Kubeconfig, GivesTheCurrentContext) {
  const auto context = select(config("certificate-authority-data: Y2E=, tls-server-name: api",
                                     "token: secret, client-certificate-data: Y2VydA==, client-key: key.pem",
                                     "namespace: mine"));
  ASSERT_TRUE(context) << context.error().message;
  EXPECT_EQ(context->name, "one");
  EXPECT_EQ(context->nameSpace, "mine");
  EXPECT_EQ(context->server, "https://host:6443");
  EXPECT_EQ(context->ca.data, "ca");
  EXPECT_EQ(context->tlsServerName, "api");
  EXPECT_FALSE(context->insecureSkipVerify);
  EXPECT_EQ(context->token, "secret");
  EXPECT_EQ(context->certificate.data, "cert");
  EXPECT_EQ(context->key.file, "/home/me/.kube/key.pem");  // relative to the file
}

TEST(Kubeconfig, KeepsAbsolutePathsAndThoseOfTokens) {
  const auto context = select(config("certificate-authority: /etc/ca.pem", "tokenFile: ../token"));
  ASSERT_TRUE(context);
  EXPECT_EQ(context->ca.file, "/etc/ca.pem");
  EXPECT_EQ(context->tokenFile, "/home/me/.kube/../token");
}

TEST(Kubeconfig, OfOneFileIsOverlaidByAnEarlierOne) {
  const std::string first =
      "current-context: two\nusers: [{name: one, user: {token: first}}]\n"
      "contexts: [{name: two, context: {cluster: one, user: one}}]\n";
  const auto parsed = Kubeconfig::parse({{"a", ""}, {"b", first}, {kPath, config("", "token: second")}});
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto two = parsed->context("");
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_EQ(two->name, "two");
  EXPECT_EQ(two->token, "first");
  EXPECT_EQ(two->server, "https://host:6443");
  EXPECT_EQ(parsed->context("one")->token, "first");
}

TEST(Kubeconfig, TakesPluginsAsTheyAre) {
  const auto context = select(config(
      "",
      "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [eks, get-token],"
      " env: [{name: AWS_PROFILE, value: dev}], interactiveMode: IfAvailable, provideClusterInfo: true,"
      " installHint: get it}"));
  ASSERT_TRUE(context) << context.error().message;
  ASSERT_TRUE(context->exec);
  EXPECT_EQ(context->exec->command, "aws");
  EXPECT_THAT(context->exec->args, ElementsAre("eks", "get-token"));
  EXPECT_THAT(context->exec->env, ElementsAre(Pair("AWS_PROFILE", "dev")));
  EXPECT_EQ(context->exec->installHint, "get it");
  EXPECT_TRUE(context->provideClusterInfo);
  const auto beside =
      select(config("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}"));
  EXPECT_EQ(beside->exec->command, "/home/me/.kube/./login");
}

TEST(Kubeconfig, MayNameNobody) {
  const auto context = select(
      "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:8080'}}]\n"
      "contexts: [{name: x, context: {cluster: c, user: ''}}]\n",
      "x");
  ASSERT_TRUE(context) << context.error().message;
  EXPECT_EQ(context->token, "");
}

TEST(Kubeconfig, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string, const char*> cases[] = {
      {"a: [", "/home/me/.kube/config: line 1"},
      {"- a", "it is no kubeconfig, but a list"},
      {"users: {}", "config: users must be a list"},
      {"users: [{}]", "config: users[0] has no name"},
      {"users: [{name: a, user: 3}]", "config: users[0].user must be a map"},
      {"contexts: [{name: a, context: {}}, {name: b}]",
       "no current-context: choose one with `kubectl config use-context NAME` (there is \"a\", \"b\")"},
      {"current-context: x", "has no context \"x\": there is none"},
      {"current-context: a\ncontexts: [{name: a, context: {cluster: c}}]",
       "config: context \"a\": cluster names no cluster: there is none"},
      {"current-context: a\nclusters: [{name: c, cluster: {server: 'https://h'}}]\n"
       "contexts: [{name: a, context: {cluster: c, user: u}}]",
       "context \"a\": user names no user"},
      {config("server2: x, insecure-skip-tls-verify: maybe"),
       "cluster \"one\": insecure-skip-tls-verify must be true or false"},
      {config("insecure-skip-tls-verify: true, certificate-authority: ca"),
       "contradicts certificate-authority"},
      {config("proxy-url: 'http://p'"), "proxy-url is not supported: leave it out and set HTTPS_PROXY"},
      {config("certificate-authority-data: '***'"), "certificate-authority-data is not base64"},
      {config("", "token: 12"), "user \"one\": token must be a string, not a number: put it in quotes"},
      {config("", "client-key-data: c2VjcmV0"), "belong together: one is missing"},
      {config("", "client-key-data: '%secret'"), "client-key-data is not base64"},
      {config("", "username: me, password: secret"), "username is not supported"},
      {config("", "auth-provider: {name: gcp}"), "auth-provider is not supported: use an exec plugin"},
      {config("", "as: admin"), "as is not supported"},
      {config("", "exec: 3"), "exec must be a map"},
      {config("", "exec: {apiVersion: v1, command: x}"),
       "exec.apiVersion must be client.authentication.k8s.io/v1"},
      {config("", "exec: {apiVersion: client.authentication.k8s.io/v1}"), "exec.command must be given"},
      {config("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [1]}"),
       "args must be a list of strings"},
      {config("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, env: [{value: secret}]}"),
       "exec.env has an entry without a name"},
      {config("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}"),
       "there is no terminal here"},
      {"current-context: a\nclusters: [{name: c, cluster: {server: host}}]\n"
       "contexts: [{name: a, context: {cluster: c}}]",
       "cluster \"c\": server must be a URL"},
  };
  for (const auto& [text, message] : cases) {
    const std::string said = fault(text);
    EXPECT_THAT(said, HasSubstr("InvalidKubeconfig: ")) << text;
    EXPECT_THAT(said, HasSubstr(message)) << text;
    EXPECT_THAT(said, Not(HasSubstr("secret"))) << text;
  }
}

}  // namespace
}  // namespace faasbatch::kube
