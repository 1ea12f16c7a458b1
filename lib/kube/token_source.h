// Bearer tokens that lie ready: in memory, or in a file that somebody replaces.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "lib/kube/access.h"

namespace faasbatch::kube {

inline constexpr base::Duration kTokenFileAge = std::chrono::minutes(1);  // then it is read again
inline constexpr std::size_t kMaxTokenBytes = 64 << 10;

std::shared_ptr<TokenSource> fixedToken(base::Loop& loop, std::string token);

// Where the file cannot be read, the token that was read last is given; kind "CredentialsUnavailable" where
// there is none.
std::shared_ptr<TokenSource> fileToken(base::Loop& loop, std::string path);

// The file's text without white space around it. Kind "CredentialsUnavailable", with path and reason, also
// where it is empty or larger than `most`.
base::Result<std::string> readCredentialFile(const std::string& path, std::size_t most);

}  // namespace faasbatch::kube
