#include "runtime/archive/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "lib/json/write.h"
#include "runtime/archive/entry.h"
#include "runtime/protocol/unique_fd.h"

namespace faasbatch::archive {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr unsigned kUnixModeShift = 16;  // in the external attributes of an archive that was made on Unix

using ZipHandle = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using FileHandle = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

std::unexpected<base::Error> failed(const std::string& message) {
  return base::fail("LoadFailed", "the archive " + message);
}

std::unexpected<base::Error> notWritten(std::string_view path) {
  const std::string why = errno == EEXIST || errno == ENOTDIR ? "it is there twice" : std::strerror(errno);
  return base::fail("LoadFailed",
                    "the archive's entry " + json::quoted(path) + " could not be written: " + why);
}

base::Result<ZipHandle> openZip(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* zip = source != nullptr ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  if (zip == nullptr && source != nullptr) zip_source_free(source);
  const std::string why = zip == nullptr ? zip_error_strerror(&error) : "";
  zip_error_fini(&error);
  if (zip == nullptr) return failed("is no zip that can be read: " + why);
  return ZipHandle(zip, &zip_discard);
}

class Unpacker {
 public:
  Unpacker(zip_t* zip, const std::string& directory, std::uint64_t maxBytes)
      : zip_(zip), directory_(directory), maxBytes_(maxBytes), left_(maxBytes) {}

  base::Result<void> take(zip_uint64_t index) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(zip_, index, ZIP_FL_ENC_GUESS, &stat) != 0 || (stat.valid & ZIP_STAT_NAME) == 0)
      return failed("has an entry that cannot be read");
    EntryFacts facts{.path = stat.name, .unixMode = unixMode(index)};
    if ((stat.valid & ZIP_STAT_COMP_METHOD) != 0) facts.method = stat.comp_method;
    facts.encrypted = (stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE;
    const auto entry = checkEntry(facts);
    if (!entry) return std::unexpected(entry.error());
    return entry->directory ? makeDirectory(entry->path) : write(index, *entry);
  }

 private:
  std::optional<std::uint32_t> unixMode(zip_uint64_t index) const {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(zip_, index, 0, &system, &attributes) != 0 ||
        system != ZIP_OPSYS_UNIX)
      return std::nullopt;
    return attributes >> kUnixModeShift;
  }

  // With those above it; one that is there is as good.
  base::Result<void> makeDirectory(std::string_view path) {
    for (std::size_t end = 0; end != std::string_view::npos;) {
      end = path.find('/', end + 1);
      const std::string whole = directory_ + "/" + std::string(path.substr(0, end));
      if (::mkdir(whole.c_str(), S_IRWXU) != 0 && errno != EEXIST) return notWritten(path);
    }
    return {};
  }

  base::Result<void> write(zip_uint64_t index, const Entry& entry) {
    const std::size_t slash = entry.path.rfind('/');
    if (slash != std::string_view::npos) {
      if (auto made = makeDirectory(entry.path.substr(0, slash)); !made) return made;
    }
    const std::string path = directory_ + "/" + std::string(entry.path);
    const mode_t mode = S_IRUSR | S_IWUSR | (entry.executable ? S_IXUSR : 0);
    const protocol::UniqueFd out(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!out) return notWritten(entry.path);
    const FileHandle in(zip_fopen_index(zip_, index, 0), &zip_fclose);
    if (!in) return failed("cannot be read at " + json::quoted(entry.path) + ": " + zip_strerror(zip_));
    return copy(*in, out.get(), entry.path);
  }

  base::Result<void> copy(zip_file_t& in, int out, std::string_view path) {
    std::array<char, kPieceBytes> piece;
    zip_int64_t size = 0;
    while ((size = zip_fread(&in, piece.data(), piece.size())) > 0) {
      if (static_cast<std::uint64_t>(size) > left_)
        return failed("unpacks to more than " + std::to_string(maxBytes_) + " bytes");
      left_ -= static_cast<std::uint64_t>(size);
      for (zip_int64_t done = 0; done < size;) {
        const ssize_t written = ::write(out, piece.data() + done, static_cast<std::size_t>(size - done));
        if (written < 0) return notWritten(path);
        done += written;
      }
    }
    if (size < 0)
      return failed("is damaged at " + json::quoted(path) + ": " +
                    zip_error_strerror(zip_file_get_error(&in)));
    return {};
  }

  zip_t* zip_;
  const std::string& directory_;
  std::uint64_t maxBytes_;
  std::uint64_t left_;
};

}  // namespace

base::Result<void> unpack(std::string_view bytes, const std::string& directory, const UnpackLimits& limits) {
  const auto zip = openZip(bytes);
  if (!zip) return std::unexpected(zip.error());
  const zip_int64_t entries = zip_get_num_entries(zip->get(), 0);
  if (entries == 0) return failed("is empty");
  if (entries > limits.maxEntries)
    return failed("has " + std::to_string(entries) + " entries, " + std::to_string(limits.maxEntries) +
                  " are allowed");
  Unpacker unpacker(zip->get(), directory, limits.maxBytes);
  for (zip_int64_t i = 0; i < entries; ++i) {
    if (auto taken = unpacker.take(static_cast<zip_uint64_t>(i)); !taken) return taken;
  }
  return {};
}

}  // namespace faasbatch::archive
