// Archives for tests.
#pragma once

#include <absl/strings/escaping.h>
#include <sys/stat.h>
#include <zip.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::archive {

struct MadeEntry {
  std::string path;  // with a slash at its end: a directory
  std::string text;
  std::uint32_t mode = S_IFREG | 0644;
  zip_int32_t method = ZIP_CM_DEFLATE;
};

// The bytes of a zip with these entries.
inline std::string makeZip(const std::vector<MadeEntry>& entries) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(target);
  zip_t* zip = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  for (const MadeEntry& entry : entries) {
    zip_int64_t index = 0;
    if (entry.path.ends_with('/')) {
      index = zip_dir_add(zip, entry.path.c_str(), ZIP_FL_ENC_UTF_8);
    } else {
      zip_source_t* source = zip_source_buffer(zip, entry.text.data(), entry.text.size(), 0);
      index = zip_file_add(zip, entry.path.c_str(), source, ZIP_FL_ENC_UTF_8);
      zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), entry.method, 0);
    }
    if (index < 0) std::abort();
    zip_file_set_external_attributes(zip, static_cast<zip_uint64_t>(index), 0, ZIP_OPSYS_UNIX,
                                     entry.mode << 16U);
  }
  if (zip_close(zip) != 0) std::abort();
  zip_stat_t stat;
  zip_source_stat(target, &stat);
  std::string bytes(stat.size, '\0');
  zip_source_open(target);
  zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  zip_source_free(target);
  return bytes;
}

// Replaces every `from` by `to`, of the same length.
inline std::string patched(std::string bytes, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += from.size())
    bytes.replace(at, from.size(), to);
  return bytes;
}

inline std::string toBase64(std::string_view bytes) {
  return absl::Base64Escape({bytes.data(), bytes.size()});
}

}  // namespace faasbatch::archive
