#include "lib/kube/token_source.h"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace faasbatch::kube {
namespace {

class FixedToken final : public TokenSource {
 public:
  FixedToken(base::Loop& loop, std::string token) : loop_(loop), token_(std::move(token)) {}

  void get(Done done) override {
    loop_.post(
        [done = std::move(done), token = token_]() mutable { done(Credential{.token = std::move(token)}); });
  }

 private:
  base::Loop& loop_;
  std::string token_;
};

class FileToken final : public TokenSource {
 public:
  FileToken(base::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {}

  void get(Done done) override {
    base::Result<Credential> credential = Credential{};
    if (auto failure = refresh()) {
      credential = std::unexpected(std::move(*failure));
    } else {
      credential->token = token_;
    }
    loop_.post([done = std::move(done), credential = std::move(credential)]() mutable {
      done(std::move(credential));
    });
  }

  void invalidate() override { readAgainAt_ = {0}; }

 private:
  std::optional<base::Error> refresh() {
    if (loop_.now() < readAgainAt_) return std::nullopt;
    auto read = readCredentialFile(path_, kMaxTokenBytes);
    if (!read) return token_.empty() ? std::optional(std::move(read.error())) : std::nullopt;
    token_ = std::move(*read);
    readAgainAt_ = loop_.now() + kTokenFileAge;
    return std::nullopt;
  }

  base::Loop& loop_;
  std::string path_;
  std::string token_;
  base::Instant readAgainAt_{0};
};

}  // namespace

std::shared_ptr<TokenSource> fixedToken(base::Loop& loop, std::string token) {
  return std::make_shared<FixedToken>(loop, std::move(token));
}

std::shared_ptr<TokenSource> fileToken(base::Loop& loop, std::string path) {
  return std::make_shared<FileToken>(loop, std::move(path));
}

base::Result<std::string> readCredentialFile(const std::string& path, std::size_t most) {
  const auto fail = [&path](const std::string& why) {
    return base::fail("CredentialsUnavailable", "cannot read " + path + ": " + why);
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(std::generic_category().message(errno));
  std::string text(most + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail("an error while reading");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > most) return fail("it is larger than " + std::to_string(most) + " bytes");
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string::npos) return fail("it is empty");
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace faasbatch::kube
