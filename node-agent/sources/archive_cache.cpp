#include "node-agent/sources/archive_cache.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <list>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/crypto/digest.h"
#include "lib/telemetry/log.h"

namespace faasbatch::sources {
namespace {

namespace fs = std::filesystem;

class MemoryCache final : public ArchiveCache {
 public:
  explicit MemoryCache(std::size_t maxBytes) : maxBytes_(maxBytes) {}

  Bytes find(const std::string& sha256) override {
    const auto found = std::ranges::find(entries_, sha256, &Entry::first);
    if (found == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().second;
  }

  void add(const std::string& sha256, const Bytes& bytes) override {
    if (bytes->size() > maxBytes_ || find(sha256) != nullptr) return;
    entries_.emplace_front(sha256, bytes);
    bytes_ += bytes->size();
    while (bytes_ > maxBytes_) {
      bytes_ -= entries_.back().second->size();
      entries_.pop_back();
    }
  }

 private:
  using Entry = std::pair<std::string, Bytes>;
  std::size_t maxBytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // the one used last first
};

// A file an archive, SHA256.zip; the time of its last change says when it was used last.
class DirectoryCache final : public ArchiveCache {
 public:
  DirectoryCache(fs::path directory, std::size_t maxBytes)
      : directory_(std::move(directory)), maxBytes_(maxBytes) {
    std::error_code ignored;
    fs::remove(unfinished(), ignored);
  }

  Bytes find(const std::string& sha256) override {
    const fs::path path = pathOf(sha256);
    std::ifstream file(path, std::ios::binary);
    if (!file) return nullptr;
    auto bytes =
        std::make_shared<std::string>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    std::error_code ignored;
    if (crypto::sha256Hex(*bytes) != sha256) {
      telemetry::warning("archive is damaged and removed", {{"file", path.string()}});
      fs::remove(path, ignored);
      return nullptr;
    }
    fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
    return bytes;
  }

  void add(const std::string& sha256, const Bytes& bytes) override {
    if (bytes->size() > maxBytes_) return;
    std::error_code error;
    {
      std::ofstream file(unfinished(), std::ios::binary | std::ios::trunc);
      file.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
      file.close();
      if (!file) error = std::make_error_code(std::errc::io_error);
    }
    if (!error) fs::rename(unfinished(), pathOf(sha256), error);
    if (error) {
      telemetry::warning("archive is not kept",
                         {{"directory", directory_.string()}, {"why", error.message()}});
      fs::remove(unfinished(), error);
    }
    letGo();
  }

 private:
  struct File {
    fs::file_time_type used;
    std::size_t bytes = 0;
    fs::path path;
  };

  fs::path pathOf(const std::string& sha256) const { return directory_ / (sha256 + ".zip"); }
  fs::path unfinished() const { return directory_ / "unfinished"; }

  void letGo() {
    std::error_code error;
    std::vector<File> files;
    std::size_t sum = 0;
    for (const auto& entry : fs::directory_iterator(directory_, error)) {
      if (entry.path().extension() != ".zip") continue;
      std::error_code gone;
      File file{entry.last_write_time(gone), static_cast<std::size_t>(entry.file_size(gone)), entry.path()};
      if (gone) continue;
      sum += file.bytes;
      files.push_back(std::move(file));
    }
    std::ranges::sort(files, {}, &File::used);
    for (const File& file : files) {
      if (sum <= maxBytes_) return;
      fs::remove(file.path, error);
      sum -= file.bytes;
    }
  }

  fs::path directory_;
  std::size_t maxBytes_;
};

}  // namespace

std::unique_ptr<ArchiveCache> makeArchiveCache(const std::string& directory, std::size_t maxBytes) {
  if (directory.empty()) return std::make_unique<MemoryCache>(maxBytes);
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error) return std::make_unique<DirectoryCache>(directory, maxBytes);
  telemetry::warning("archives are kept in memory", {{"directory", directory}, {"why", error.message()}});
  return std::make_unique<MemoryCache>(maxBytes);
}

}  // namespace faasbatch::sources
