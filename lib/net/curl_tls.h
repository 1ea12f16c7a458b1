// TLS of libcurl's transfers.
#pragma once

#include <curl/curl.h>

#include "lib/base/error.h"
#include "lib/net/curl_client.h"

namespace faasbatch::net {

// Whether the texts are what they are meant to be. Kind "InvalidCertificate".
base::Result<void> checkCurlTls(const CurlTls& tls);

// False where curl refuses it. `tls` must outlive the transfer.
bool setCurlTls(CURL* easy, const CurlTls& tls);

}  // namespace faasbatch::net
